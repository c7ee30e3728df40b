-- Victims, and relatives of victims, who need protection and whose case is open at some day of the window (den),
-- and of them those protected by the end of :t1 (num).
WITH need AS (
    SELECT v.unit, v.person, v.id, v.protected_on
    FROM trafficking_case v
    WHERE v.needs_protection = 1 AND v.received_on <= :t1 AND (v.closed_on IS NULL OR v.closed_on >= :t0)
    UNION ALL
    SELECT r.unit, r.person, r.id, r.protected_on
    FROM trafficking_relative r
    JOIN trafficking_case v ON v.id = r.trafficking_case
    WHERE r.needs_protection = 1 AND v.received_on <= :t1 AND (v.closed_on IS NULL OR v.closed_on >= :t0)
), fact AS (
    SELECT n.unit, coalesce(pr.root, n.person, n.id) AS subject, n.id AS record,
           coalesce(n.protected_on <= :t1, 0) AS num,
           coalesce(rp.sex, p.sex, '') AS sex,
           CAST(strftime('%Y', :t1) AS INTEGER) - CAST(coalesce(rp.dob, p.dob) AS INTEGER)
           - (coalesce(rp.dob, p.dob) GLOB '*-*-*'
              AND strftime('%m-%d', :t1) < strftime('%m-%d', coalesce(rp.dob, p.dob))) AS age
    FROM need n
    LEFT JOIN person_root pr ON pr.person = n.person
    LEFT JOIN person p ON p.id = n.person
    LEFT JOIN person rp ON rp.id = pr.root
)
SELECT f.unit AS unit, f.subject AS subject, f.record AS record, f.num AS num, 1 AS den, f.sex AS by1,
       CASE WHEN f.age IS NULL THEN ''
            WHEN f.age < CAST(:p_age_adult_16 AS INTEGER) THEN 'under_16'
            WHEN f.age < CAST(:p_age_old_60 AS INTEGER) THEN 'to_59'
            ELSE 'from_60' END AS by2
FROM fact f
