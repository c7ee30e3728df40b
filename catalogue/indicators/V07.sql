-- Entries of the lists, and cases of returned victims, reviewed in the window.
SELECT w.unit AS unit, w.id AS subject, w.id AS record, 1 AS num, NULL AS den, coalesce(w.kind, '') AS by1
FROM watch_list_entry w
WHERE w.reviewed_on BETWEEN :t0 AND :t1
UNION ALL
SELECT v.unit, v.id, v.id, 1, NULL, 'trafficking_victim'
FROM trafficking_case v
WHERE v.reviewed_on BETWEEN :t0 AND :t1
