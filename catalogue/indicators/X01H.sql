-- Communes that the score sheet of the year of :t1, no draft, puts into a class, but for "not reached".
SELECT s.unit AS unit, s.unit AS subject, s.id AS record, 1 AS num, NULL AS den
FROM score_sheet s
WHERE s.year = CAST(strftime('%Y', :t1) AS INTEGER) AND s.state <> 'draft'
  AND s.result_class IS NOT NULL AND s.result_class NOT IN ('', 'not_reached')
