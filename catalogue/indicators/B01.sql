-- People who draw an allowance at the end of :t1.
WITH fact AS (
    SELECT b.unit, coalesce(pr.root, b.person) AS subject, b.id AS record, b.kind,
           coalesce(rp.sex, p.sex, '') AS sex,
           CAST(strftime('%Y', :t1) AS INTEGER) - CAST(coalesce(rp.dob, p.dob) AS INTEGER)
           - (coalesce(rp.dob, p.dob) GLOB '*-*-*'
              AND strftime('%m-%d', :t1) < strftime('%m-%d', coalesce(rp.dob, p.dob))) AS age
    FROM beneficiary b
    LEFT JOIN person_root pr ON pr.person = b.person
    LEFT JOIN person p ON p.id = b.person
    LEFT JOIN person rp ON rp.id = pr.root
    WHERE b.from_on <= :t1 AND (b.to_on IS NULL OR b.to_on > :t1)
)
SELECT f.unit AS unit, f.subject AS subject, f.record AS record, 1 AS num, NULL AS den,
       coalesce(f.kind, '') AS by1, f.sex AS by2,
       CASE WHEN f.age IS NULL THEN ''
            WHEN f.age < CAST(:p_age_adult_16 AS INTEGER) THEN 'under_16'
            WHEN f.age < CAST(:p_age_old_60 AS INTEGER) THEN 'to_59'
            ELSE 'from_60' END AS by3
FROM fact f
