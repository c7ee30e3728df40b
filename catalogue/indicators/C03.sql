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
)
SELECT c.unit AS unit, coalesce(pr.root, c.person) AS subject, c.id AS record,
       (coalesce(c.receiving_help, 0) = 1 AND coalesce(c.help_since, '') <= :t1
        AND EXISTS (SELECT 1 FROM json_each(c.help_sources) h WHERE h.value = 'socialised'))
       OR coalesce(coalesce(pr.root, c.person) IN (SELECT root FROM donated), 0) AS num,
       1 AS den
FROM child_case c
LEFT JOIN person_root pr ON pr.person = c.person
WHERE c.from_on <= :t1 AND (c.to_on IS NULL OR c.to_on > :t0)
  AND (EXISTS (SELECT 1 FROM json_each(c.groups) g
               WHERE g.value IN ('abandoned', 'toxic_chemicals', 'severe_disability', 'disaster'))
       OR EXISTS (SELECT 1 FROM json_each(c.groups_private) g WHERE g.value = 'hiv')
       OR (EXISTS (SELECT 1 FROM json_each(c.groups) g WHERE g.value = 'no_support')
           AND (coalesce(c.orphan, 'no') <> 'no'
                OR EXISTS (SELECT 1 FROM json_each(c.groups) g WHERE g.value = 'orphan_both'))))
