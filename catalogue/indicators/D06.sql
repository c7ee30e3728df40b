-- People under post-rehab management on the last day of the window.
WITH fact AS (
    SELECT c.unit, coalesce(pr.root, c.person) AS subject, c.id AS record, c.job_status, c.outcome,
           coalesce(rp.sex, p.sex, '') AS sex,
           CAST(strftime('%Y', :t1) AS INTEGER) - CAST(coalesce(rp.dob, p.dob) AS INTEGER)
           - (coalesce(rp.dob, p.dob) GLOB '*-*-*'
              AND strftime('%m-%d', :t1) < strftime('%m-%d', coalesce(rp.dob, p.dob))) AS age
    FROM post_rehab c
    LEFT JOIN person_root pr ON pr.person = c.person
    LEFT JOIN person p ON p.id = c.person
    LEFT JOIN person rp ON rp.id = pr.root
    WHERE c.from_on <= :t1 AND (c.to_on IS NULL OR c.to_on >= :t1)
)
SELECT f.unit AS unit, f.subject AS subject, f.record AS record, 1 AS num, NULL AS den,
       coalesce(f.job_status, '') AS by1, f.sex AS by2,
       CASE WHEN f.age IS NULL THEN ''
            WHEN f.age < CAST(:p_age_drugs_12 AS INTEGER) THEN 'under_12'
            WHEN f.age < CAST(:p_age_drugs_16 AS INTEGER) THEN 'to_15'
            WHEN f.age < CAST(:p_age_drugs_18 AS INTEGER) THEN 'to_17'
            WHEN f.age < CAST(:p_age_drugs_31 AS INTEGER) THEN 'to_30'
            WHEN f.age < CAST(:p_age_drugs_46 AS INTEGER) THEN 'to_45'
            ELSE 'over_45' END AS by3
FROM fact f
