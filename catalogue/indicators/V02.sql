-- Victims among the cases received in the window (den), and of them those given any initial support (num) by the
-- end of :t1; support without a day counts.
WITH fact AS (
    SELECT v.unit, coalesce(pr.root, v.person, v.id) AS subject, v.id AS record,
           coalesce(json_array_length(v.initial_support), 0) > 0
           AND (v.initial_support_on IS NULL OR v.initial_support_on <= :t1) AS num,
           coalesce(rp.sex, p.sex, '') AS sex,
           CAST(strftime('%Y', :t1) AS INTEGER) - CAST(coalesce(rp.dob, p.dob) AS INTEGER)
           - (coalesce(rp.dob, p.dob) GLOB '*-*-*'
              AND strftime('%m-%d', :t1) < strftime('%m-%d', coalesce(rp.dob, p.dob))) AS age
    FROM trafficking_case v
    LEFT JOIN person_root pr ON pr.person = v.person
    LEFT JOIN person p ON p.id = v.person
    LEFT JOIN person rp ON rp.id = pr.root
    WHERE v.victim_status = 'victim' AND v.received_on BETWEEN :t0 AND :t1
)
SELECT f.unit AS unit, f.subject AS subject, f.record AS record, f.num AS num, 1 AS den, f.sex AS by1,
       CASE WHEN f.age IS NULL THEN ''
            WHEN f.age < CAST(:p_age_adult_16 AS INTEGER) THEN 'under_16'
            WHEN f.age < CAST(:p_age_old_60 AS INTEGER) THEN 'to_59'
            ELSE 'from_60' END AS by2
FROM fact f
