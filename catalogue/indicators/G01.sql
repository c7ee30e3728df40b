-- Victims and perpetrators received or served in the window.
WITH fact AS (
    SELECT g.unit, coalesce(pr.root, g.person, g.id) AS subject, g.id AS record, g.role,
           coalesce(rp.sex, p.sex, '') AS sex,
           CAST(strftime('%Y', :t1) AS INTEGER) - CAST(coalesce(rp.dob, p.dob) AS INTEGER)
           - (coalesce(rp.dob, p.dob) GLOB '*-*-*'
              AND strftime('%m-%d', :t1) < strftime('%m-%d', coalesce(rp.dob, p.dob))) AS age
    FROM gbv_case g
    LEFT JOIN person_root pr ON pr.person = g.person
    LEFT JOIN person p ON p.id = g.person
    LEFT JOIN person rp ON rp.id = pr.root
    WHERE g.received_on BETWEEN :t0 AND :t1 OR g.served_on BETWEEN :t0 AND :t1
)
SELECT f.unit AS unit, f.subject AS subject, f.record AS record, 1 AS num, NULL AS den,
       coalesce(f.role, '') AS by1, f.sex AS by2,
       CASE WHEN f.age IS NULL THEN ''
            WHEN f.age < CAST(:p_age_adult_16 AS INTEGER) THEN 'under_16'
            WHEN f.age < CAST(:p_age_old_60 AS INTEGER) THEN 'to_59'
            ELSE 'from_60' END AS by3
FROM fact f
