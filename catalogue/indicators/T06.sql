-- Post-rehab people helped to reintegrate: clients of an assignment for post-rehab help to a volunteer at some
-- day of the window.
WITH fact AS (
    SELECT a.unit, coalesce(pr.root, a.client) AS subject, a.id AS record,
           coalesce(rp.sex, p.sex, '') AS sex,
           CAST(strftime('%Y', :t1) AS INTEGER) - CAST(coalesce(rp.dob, p.dob) AS INTEGER)
           - (coalesce(rp.dob, p.dob) GLOB '*-*-*'
              AND strftime('%m-%d', :t1) < strftime('%m-%d', coalesce(rp.dob, p.dob))) AS age
    FROM assignment a
    LEFT JOIN person_root pr ON pr.person = a.client
    LEFT JOIN person p ON p.id = a.client
    LEFT JOIN person rp ON rp.id = pr.root
    WHERE a.member IS NOT NULL
      AND a.purpose = 'post_rehab'
      AND a.from_on <= :t1 AND (a.to_on IS NULL OR a.to_on >= :t0)
)
SELECT f.unit AS unit, f.subject AS subject, f.record AS record, 1 AS num, NULL AS den, f.sex AS by1,
       CASE WHEN f.age IS NULL THEN ''
            WHEN f.age < CAST(:p_age_drugs_12 AS INTEGER) THEN 'under_12'
            WHEN f.age < CAST(:p_age_drugs_16 AS INTEGER) THEN 'to_15'
            WHEN f.age < CAST(:p_age_drugs_18 AS INTEGER) THEN 'to_17'
            WHEN f.age < CAST(:p_age_drugs_31 AS INTEGER) THEN 'to_30'
            WHEN f.age < CAST(:p_age_drugs_46 AS INTEGER) THEN 'to_45'
            ELSE 'over_45' END AS by2
FROM fact f
