-- Children in special circumstances (not only at risk) at the end of :t1, each once; one row for each group. The
-- groups to be kept secret have no breakdown.
WITH fact AS (
    SELECT c.unit, coalesce(pr.root, c.person) AS subject, c.id AS record, c.groups AS child_groups,
           coalesce(rp.sex, p.sex, '') AS sex,
           CAST(strftime('%Y', :t1) AS INTEGER) - CAST(coalesce(rp.dob, p.dob) AS INTEGER)
           - (coalesce(rp.dob, p.dob) GLOB '*-*-*'
              AND strftime('%m-%d', :t1) < strftime('%m-%d', coalesce(rp.dob, p.dob))) AS age
    FROM child_case c
    LEFT JOIN person_root pr ON pr.person = c.person
    LEFT JOIN person p ON p.id = c.person
    LEFT JOIN person rp ON rp.id = pr.root
    WHERE coalesce(c.at_risk, 0) = 0 AND c.from_on <= :t1 AND (c.to_on IS NULL OR c.to_on > :t1)
)
SELECT f.unit AS unit, f.subject AS subject, f.record AS record, 1 AS num, NULL AS den,
       coalesce(g.value, '') AS by1, f.sex AS by2,
       CASE WHEN f.age IS NULL THEN ''
            WHEN f.age < CAST(:p_age_child_6 AS INTEGER) THEN 'to_5'
            WHEN f.age < CAST(:p_age_child_11 AS INTEGER) THEN 'to_10'
            WHEN f.age < CAST(:p_age_child_16 AS INTEGER) THEN 'to_15'
            ELSE 'older' END AS by3
FROM fact f
LEFT JOIN json_each(f.child_groups) g
