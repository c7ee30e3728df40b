-- Reports due in the window (den), and of them those handed in by their day, neither taken back nor returned (num).
WITH o AS (SELECT json_extract(value, '$.unit') AS unit, json_extract(value, '$.report') AS report,
                  json_extract(value, '$.period') AS period, json_extract(value, '$.due') AS due,
                  json_extract(value, '$.record') AS record, json_extract(value, '$.in_time') AS in_time
           FROM json_each(:owed))
SELECT o.unit AS unit, o.unit || ' ' || o.report || ' ' || o.period AS subject, coalesce(r.id, '') AS record,
       o.in_time AS num, 1 AS den
FROM o
LEFT JOIN report r ON r.unit = o.unit AND r.definition = o.report AND r.period = o.period AND
                      lower(hex(r.id)) = o.record
WHERE o.due BETWEEN :t0 AND :t1
