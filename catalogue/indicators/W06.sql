-- Women who were given help to a job, vocational training or a loan that began in the window. By sex there is
-- nothing to tell apart.
WITH fact AS (
    SELECT g.unit, coalesce(pr.root, g.client) AS subject, g.id AS record, g.kind,
           CAST(strftime('%Y', :t1) AS INTEGER) - CAST(coalesce(rp.dob, p.dob) AS INTEGER)
           - (coalesce(rp.dob, p.dob) GLOB '*-*-*'
              AND strftime('%m-%d', :t1) < strftime('%m-%d', coalesce(rp.dob, p.dob))) AS age
    FROM support_grant g
    LEFT JOIN person_root pr ON pr.person = g.client
    LEFT JOIN person p ON p.id = g.client
    LEFT JOIN person rp ON rp.id = pr.root
    WHERE coalesce(rp.sex, p.sex, '') = 'female'
      AND g.kind IN ('job', 'vocational', 'loan')
      AND g.from_on BETWEEN :t0 AND :t1
)
SELECT f.unit AS unit, f.subject AS subject, f.record AS record, 1 AS num, NULL AS den,
       coalesce(f.kind, '') AS by1,
       CASE WHEN f.age IS NULL THEN ''
            WHEN f.age < CAST(:p_age_adult_16 AS INTEGER) THEN 'under_16'
            WHEN f.age < CAST(:p_age_old_60 AS INTEGER) THEN 'to_59'
            ELSE 'from_60' END AS by2
FROM fact f
