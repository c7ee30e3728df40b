-- Members of T02 (den), and of them those who attended a training in the window (num), wherever it was noted.
WITH trained AS (
    SELECT coalesce(pr.root, m.person) AS root
    FROM training_attendance a JOIN team_member m ON m.id = a.member
    LEFT JOIN person_root pr ON pr.person = m.person
    WHERE a.on_date BETWEEN :t0 AND :t1
    UNION
    SELECT coalesce(pr.root, a.attendee)
    FROM training_attendance a LEFT JOIN person_root pr ON pr.person = a.attendee
    WHERE a.on_date BETWEEN :t0 AND :t1 AND a.attendee IS NOT NULL
)
SELECT m.unit AS unit, coalesce(pr.root, m.person) AS subject, m.id AS record,
       coalesce(pr.root, m.person) IN (SELECT root FROM trained) AS num, 1 AS den
FROM team_member m
JOIN team t ON t.id = m.team
LEFT JOIN person_root pr ON pr.person = m.person
WHERE t.kind = 'volunteer_team'
  AND coalesce(t.founded_on, t.decision_on, '') <= :t1
  AND CASE WHEN t.state = 'active' THEN coalesce(t.state_since, '') <= :t1
           ELSE coalesce(t.state_since, '') > :t1 END
  AND m.joined_on <= :t1
  AND (m.left_on IS NULL OR m.left_on > :t1)
