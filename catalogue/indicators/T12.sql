-- Counselling points in the state "active" at the end of :t1 (den), and of them those where members of the
-- volunteer team work (num).
SELECT p.unit AS unit, p.id AS subject, p.id AS record, coalesce(p.team_staffed = 1, 0) AS num, 1 AS den
FROM counselling_point p
WHERE coalesce(p.opened_on, '') <= :t1
  AND CASE WHEN p.state = 'active' THEN coalesce(p.state_since, '') <= :t1
           ELSE coalesce(p.state_since, '') > :t1 END
