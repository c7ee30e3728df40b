-- Communes with a score sheet of the year of :t1 that is no draft.
SELECT s.unit AS unit, s.unit AS subject, s.id AS record, 1 AS num, NULL AS den,
       coalesce(s.result_class, '') AS by1, coalesce(s.mode, '') AS by2
FROM score_sheet s
WHERE s.year = CAST(strftime('%Y', :t1) AS INTEGER) AND s.state <> 'draft'
