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
), fact AS (
    SELECT m.unit, coalesce(pr.root, m.person) AS subject, m.id AS record,
           coalesce(pr.root, m.person) IN (SELECT root FROM trained) AS num,
           coalesce(rp.sex, p.sex, '') AS sex,
           CAST(strftime('%Y', :t1) AS INTEGER) - CAST(coalesce(rp.dob, p.dob) AS INTEGER)
           - (coalesce(rp.dob, p.dob) GLOB '*-*-*'
              AND strftime('%m-%d', :t1) < strftime('%m-%d', coalesce(rp.dob, p.dob))) AS age
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
)
SELECT f.unit AS unit, f.subject AS subject, f.record AS record, f.num AS num, 1 AS den, f.sex AS by1,
       CASE WHEN f.age IS NULL THEN ''
            WHEN f.age < CAST(:p_age_adult_16 AS INTEGER) THEN 'under_16'
            WHEN f.age < CAST(:p_age_old_60 AS INTEGER) THEN 'to_59'
            ELSE 'from_60' END AS by2
FROM fact f
