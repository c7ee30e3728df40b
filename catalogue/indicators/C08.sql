-- Of a commune with yearly figures dated in the window: these, the newest of each hamlet. Of another: the children
-- whose case of such a group began in the window.
WITH figures AS MATERIALIZED (
    SELECT r.*
    FROM (SELECT n.*, max(n.hamlet IS NULL) OVER (PARTITION BY n.unit) AS whole,
                 row_number() OVER (PARTITION BY n.unit, n.hamlet ORDER BY n.counted_on DESC, n.id DESC) AS place
          FROM child_population n WHERE n.counted_on BETWEEN :t0 AND :t1) r
    WHERE r.place = 1 AND (r.hamlet IS NULL OR NOT r.whole)
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
