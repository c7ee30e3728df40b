-- Ex-prisoners whose case, or a support given to them, was dated in the window.
WITH given(root) AS (
    SELECT coalesce(pr.root, g.client)
    FROM support_grant g LEFT JOIN person_root pr ON pr.person = g.client
    WHERE g.client IS NOT NULL AND g.from_on BETWEEN :t0 AND :t1
), fact AS (
    SELECT x.unit, coalesce(pr.root, x.person) AS subject, x.id AS record,
           coalesce(rp.sex, p.sex, '') AS sex,
           CAST(strftime('%Y', :t1) AS INTEGER) - CAST(coalesce(rp.dob, p.dob) AS INTEGER)
           - (coalesce(rp.dob, p.dob) GLOB '*-*-*'
              AND strftime('%m-%d', :t1) < strftime('%m-%d', coalesce(rp.dob, p.dob))) AS age
    FROM ex_prisoner_case x
    LEFT JOIN person_root pr ON pr.person = x.person
    LEFT JOIN person p ON p.id = x.person
    LEFT JOIN person rp ON rp.id = pr.root
    WHERE x.released_on <= :t1
      AND (x.supported_on BETWEEN :t0 AND :t1
           OR coalesce(pr.root, x.person) IN (SELECT root FROM given))
)
SELECT f.unit AS unit, f.subject AS subject, f.record AS record, 1 AS num, NULL AS den, f.sex AS by1,
       CASE WHEN f.age IS NULL THEN ''
            WHEN f.age < CAST(:p_age_adult_16 AS INTEGER) THEN 'under_16'
            WHEN f.age < CAST(:p_age_old_60 AS INTEGER) THEN 'to_59'
            ELSE 'from_60' END AS by2
FROM fact f
