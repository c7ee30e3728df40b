-- Children placed with a foster family on the last day of the window.
WITH fact AS (
    SELECT f.unit, coalesce(pr.root, f.child) AS subject, f.id AS record,
           coalesce(rp.sex, p.sex, '') AS sex,
           CAST(strftime('%Y', :t1) AS INTEGER) - CAST(coalesce(rp.dob, p.dob) AS INTEGER)
           - (coalesce(rp.dob, p.dob) GLOB '*-*-*'
              AND strftime('%m-%d', :t1) < strftime('%m-%d', coalesce(rp.dob, p.dob))) AS age
    FROM foster_placement f
    LEFT JOIN person_root pr ON pr.person = f.child
    LEFT JOIN person p ON p.id = f.child
    LEFT JOIN person rp ON rp.id = pr.root
    WHERE f.from_on <= :t1 AND (f.to_on IS NULL OR f.to_on >= :t1)
)
SELECT f.unit AS unit, f.subject AS subject, f.record AS record, 1 AS num, NULL AS den, f.sex AS by1,
       CASE WHEN f.age IS NULL THEN ''
            WHEN f.age < CAST(:p_age_child_6 AS INTEGER) THEN 'to_5'
            WHEN f.age < CAST(:p_age_child_11 AS INTEGER) THEN 'to_10'
            WHEN f.age < CAST(:p_age_child_16 AS INTEGER) THEN 'to_15'
            ELSE 'older' END AS by2
FROM fact f
