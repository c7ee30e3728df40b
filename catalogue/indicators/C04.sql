-- Children of the notices of the window, each once; a child that is not known counts by its notice. A notice found
-- not true is left out.
WITH fact AS (
    SELECT r.unit, coalesce(pr.root, r.child, r.id) AS subject, r.id AS record, r.act, r.place_kind, r.child_case,
           coalesce(rp.sex, p.sex, r.child_sex, '') AS sex,
           coalesce(CAST(strftime('%Y', :t1) AS INTEGER) - CAST(coalesce(rp.dob, p.dob) AS INTEGER)
           - (coalesce(rp.dob, p.dob) GLOB '*-*-*'
              AND strftime('%m-%d', :t1) < strftime('%m-%d', coalesce(rp.dob, p.dob))), r.child_age) AS age
    FROM child_report r
    LEFT JOIN person_root pr ON pr.person = r.child
    LEFT JOIN person p ON p.id = r.child
    LEFT JOIN person rp ON rp.id = pr.root
    WHERE r.received_on BETWEEN :t0 AND :t1 AND coalesce(r.verified, '') <> 'false'
)
SELECT f.unit AS unit, f.subject AS subject, f.record AS record, 1 AS num, NULL AS den,
       coalesce(f.act, '') AS by1, f.sex AS by2,
       CASE WHEN f.age IS NULL THEN ''
            WHEN f.age < CAST(:p_age_child_6 AS INTEGER) THEN 'to_5'
            WHEN f.age < CAST(:p_age_child_11 AS INTEGER) THEN 'to_10'
            WHEN f.age < CAST(:p_age_child_16 AS INTEGER) THEN 'to_15'
            ELSE 'older' END AS by3
FROM fact f
