-- Children whose open case needs case management at the end of :t1 (den), and of them those with a plan that was
-- made and is not closed (num).
WITH fact AS (
    SELECT c.unit, coalesce(pr.root, c.person) AS subject, c.id AS record,
           coalesce(c.id IN (SELECT n.child_case FROM child_plan n
                             WHERE n.made_on <= :t1 AND (n.closed_on IS NULL OR n.closed_on > :t1)), 0) AS num,
           coalesce(rp.sex, p.sex, '') AS sex,
           CAST(strftime('%Y', :t1) AS INTEGER) - CAST(coalesce(rp.dob, p.dob) AS INTEGER)
           - (coalesce(rp.dob, p.dob) GLOB '*-*-*'
              AND strftime('%m-%d', :t1) < strftime('%m-%d', coalesce(rp.dob, p.dob))) AS age
    FROM child_case c
    LEFT JOIN person_root pr ON pr.person = c.person
    LEFT JOIN person p ON p.id = c.person
    LEFT JOIN person rp ON rp.id = pr.root
    WHERE c.needs_plan = 1 AND c.from_on <= :t1 AND (c.to_on IS NULL OR c.to_on > :t1)
)
SELECT f.unit AS unit, f.subject AS subject, f.record AS record, f.num AS num, 1 AS den, f.sex AS by1,
       CASE WHEN f.age IS NULL THEN ''
            WHEN f.age < CAST(:p_age_child_6 AS INTEGER) THEN 'to_5'
            WHEN f.age < CAST(:p_age_child_11 AS INTEGER) THEN 'to_10'
            WHEN f.age < CAST(:p_age_child_16 AS INTEGER) THEN 'to_15'
            ELSE 'older' END AS by2
FROM fact f
