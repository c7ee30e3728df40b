-- Counselling points that work: in the state "active" at the end of :t1 and really used, that is with at least
-- one session in the window.
SELECT p.unit AS unit, p.id AS subject, p.id AS record, 1 AS num, NULL AS den
FROM counselling_point p
WHERE coalesce(p.opened_on, '') <= :t1
  AND CASE WHEN p.state = 'active' THEN coalesce(p.state_since, '') <= :t1
           ELSE coalesce(p.state_since, '') > :t1 END
  AND EXISTS (SELECT 1 FROM point_session s WHERE s.point = p.id AND s.on_date BETWEEN :t0 AND :t1)
