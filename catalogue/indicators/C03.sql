-- Children of the six groups at some day of the window (den): orphans who are without support; abandoned; with
-- HIV/AIDS; victims of toxic chemicals; severely disabled; affected by disaster or epidemic. Of them those with help
-- from donations (num): as their case says, or by a service or support of the window.
WITH donated(root) AS (
    SELECT coalesce(pr.root, s.client)
    FROM service_event s LEFT JOIN person_root pr ON pr.person = s.client
    WHERE s.client IS NOT NULL AND s.funding = 'socialised' AND s.on_date BETWEEN :t0 AND :t1
    UNION
    SELECT coalesce(pr.root, g.client)
    FROM support_grant g LEFT JOIN person_root pr ON pr.person = g.client
    WHERE g.client IS NOT NULL AND g.source = 'socialised'
      AND g.from_on <= :t1 AND coalesce(g.to_on, g.from_on) >= :t0
), fact AS (
    SELECT c.unit, coalesce(pr.root, c.person) AS subject, c.id AS record,
           (coalesce(c.receiving_help, 0) = 1 AND coalesce(c.help_since, '') <= :t1
            AND EXISTS (SELECT 1 FROM json_each(c.help_sources) h WHERE h.value = 'socialised'))
           OR coalesce(coalesce(pr.root, c.person) IN (SELECT root FROM donated), 0) AS num,
           coalesce(rp.sex, p.sex, '') AS sex,
           CAST(strftime('%Y', :t1) AS INTEGER) - CAST(coalesce(rp.dob, p.dob) AS INTEGER)
           - (coalesce(rp.dob, p.dob) GLOB '*-*-*'
              AND strftime('%m-%d', :t1) < strftime('%m-%d', coalesce(rp.dob, p.dob))) AS age
    FROM child_case c
    LEFT JOIN person_root pr ON pr.person = c.person
    LEFT JOIN person p ON p.id = c.person
    LEFT JOIN person rp ON rp.id = pr.root
    WHERE c.from_on <= :t1 AND (c.to_on IS NULL OR c.to_on > :t0)
      AND (EXISTS (SELECT 1 FROM json_each(c.groups) g
                   WHERE g.value IN ('abandoned', 'toxic_chemicals', 'severe_disability', 'disaster'))
           OR EXISTS (SELECT 1 FROM json_each(c.groups_private) g WHERE g.value = 'hiv')
           OR (EXISTS (SELECT 1 FROM json_each(c.groups) g WHERE g.value = 'no_support')
               AND (coalesce(c.orphan, 'no') <> 'no'
                    OR EXISTS (SELECT 1 FROM json_each(c.groups) g WHERE g.value = 'orphan_both'))))
)
SELECT f.unit AS unit, f.subject AS subject, f.record AS record, f.num AS num, 1 AS den, f.sex AS by1,
       CASE WHEN f.age IS NULL THEN ''
            WHEN f.age < CAST(:p_age_child_6 AS INTEGER) THEN 'to_5'
            WHEN f.age < CAST(:p_age_child_11 AS INTEGER) THEN 'to_10'
            WHEN f.age < CAST(:p_age_child_16 AS INTEGER) THEN 'to_15'
            ELSE 'older' END AS by2
FROM fact f
