-- Staff of rehab facilities and cadres who manage rehab (den), and of them those trained in the window (num).
-- Who is named counts once. A row of people without names brings its own two numbers, the trained ones of the
-- year of :t1.
WITH trained(root) AS (
    SELECT coalesce(pr.root, x.person, a.attendee)
    FROM training_attendance a
    LEFT JOIN sw_staff x ON x.id = a.staff
    LEFT JOIN person_root pr ON pr.person = coalesce(x.person, a.attendee)
    WHERE a.on_date BETWEEN :t0 AND :t1 AND coalesce(x.person, a.attendee) IS NOT NULL
)
SELECT s.unit AS unit, coalesce(pr.root, s.person, s.id) AS subject, s.id AS record,
       CASE WHEN s.person IS NULL
            THEN CASE WHEN s.trained_year = CAST(strftime('%Y', :t1) AS INTEGER) THEN coalesce(s.trained, 0)
                      ELSE 0 END
            ELSE coalesce(pr.root, s.person) IN (SELECT root FROM trained)
       END AS num,
       CASE WHEN s.person IS NULL THEN coalesce(s.headcount, 0) ELSE 1 END AS den
FROM sw_staff s
LEFT JOIN person_root pr ON pr.person = s.person
LEFT JOIN facility f ON f.id = s.facility
WHERE coalesce(s.from_on, '') <= :t1 AND (s.to_on IS NULL OR s.to_on > :t1)
  AND (s.manages_rehab = 1 OR f.kind IN ('rehab_compulsory', 'rehab_voluntary', 'rehab_community'))
