-- Members of T02 (den), and of them those whose uniform was issued in the window (num).
SELECT m.unit AS unit, coalesce(pr.root, m.person) AS subject, m.id AS record,
       coalesce(m.uniform_issued_on BETWEEN :t0 AND :t1, 0) AS num, 1 AS den
FROM team_member m
JOIN team t ON t.id = m.team
LEFT JOIN person_root pr ON pr.person = m.person
WHERE t.kind = 'volunteer_team'
  AND coalesce(t.founded_on, t.decision_on, '') <= :t1
  AND CASE WHEN t.state = 'active' THEN coalesce(t.state_since, '') <= :t1
           ELSE coalesce(t.state_since, '') > :t1 END
  AND m.joined_on <= :t1
  AND (m.left_on IS NULL OR m.left_on > :t1)
