-- Of a commune with yearly figures dated in the window: these, the newest of each hamlet. Of another: the children
-- whose case of such a group began in the window.
WITH figures AS (
    SELECT n.* FROM child_population n
    WHERE n.counted_on BETWEEN :t0 AND :t1
      AND NOT EXISTS (SELECT 1 FROM child_population m
                      WHERE m.unit = n.unit AND m.hamlet IS n.hamlet AND m.counted_on BETWEEN :t0 AND :t1
                        AND (m.counted_on > n.counted_on OR (m.counted_on = n.counted_on AND m.id > n.id)))
      AND (n.hamlet IS NULL
           OR NOT EXISTS (SELECT 1 FROM child_population m
                          WHERE m.unit = n.unit AND m.hamlet IS NULL AND m.counted_on BETWEEN :t0 AND :t1))
), event AS (
    SELECT n.unit, n.id, n.child_marriages AS num, 'child_marriage' AS kind FROM figures n
    UNION ALL
    SELECT n.unit, n.id, n.child_labour, 'child_labour' FROM figures n
    UNION ALL
    SELECT n.unit, n.id, n.law_breaking, 'law_breaking' FROM figures n
    UNION ALL
    SELECT n.unit, n.id, n.dropouts, 'dropout' FROM figures n
    UNION ALL
    SELECT n.unit, n.id, n.drownings, 'drowning' FROM figures n
    UNION ALL
    SELECT n.unit, n.id, n.injuries, 'injury' FROM figures n
    UNION ALL
    SELECT c.unit, c.id, 1, CASE g.value WHEN 'working_dropout' THEN 'dropout' ELSE g.value END
    FROM child_case c JOIN json_each(c.groups) g
    WHERE g.value IN ('child_marriage', 'child_labour', 'law_breaking', 'working_dropout', 'injury')
      AND c.from_on BETWEEN :t0 AND :t1
      AND c.unit NOT IN (SELECT n.unit FROM figures n)
)
SELECT e.unit AS unit, e.id AS subject, e.id AS record, e.num AS num, NULL AS den, e.kind AS by1
FROM event e
WHERE e.num IS NOT NULL
