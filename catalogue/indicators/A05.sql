-- Activities of the window, of any kind, that are integrated with a movement or programme.
SELECT a.unit AS unit, a.id AS subject, a.id AS record, 1 AS num, NULL AS den,
       a.integrated_programme AS by1, coalesce(a.field, '') AS by2
FROM activity a
WHERE a.integrated_programme IS NOT NULL AND a.on_date BETWEEN :t0 AND :t1
