-- Members of working volunteer teams at the end of :t1. One row per membership; the subject is the person.
SELECT m.unit AS unit, coalesce(pr.root, m.person) AS subject, m.id AS record, 1 AS num, NULL AS den,
       coalesce(m.role, '') AS by1, coalesce(rp.sex, p.sex, '') AS by2, coalesce(m.organisation, '') AS by3
FROM team_member m
JOIN team t ON t.id = m.team
LEFT JOIN person_root pr ON pr.person = m.person
LEFT JOIN person p ON p.id = m.person
LEFT JOIN person rp ON rp.id = pr.root
WHERE t.kind = 'volunteer_team'
  AND coalesce(t.founded_on, t.decision_on, '') <= :t1
  AND CASE WHEN t.state = 'active' THEN coalesce(t.state_since, '') <= :t1
           ELSE coalesce(t.state_since, '') > :t1 END
  AND m.joined_on <= :t1
  AND (m.left_on IS NULL OR m.left_on > :t1)
