-- The four lists of every commune (den), and of them those reviewed in the window (num): by a noted review, which
-- may find nobody, or by the review of an entry.
WITH commune AS (
    -- the communes beside one that keeps records: all communes of the district or province
    SELECT u.code FROM unit u
    WHERE u.level IN ('xa', 'phuong', 'thi_tran', 'dac_khu') AND u.valid_from <= :t1 AND u.valid_to >= :t1
      AND u.parent IN (SELECT o.parent FROM unit o
                       WHERE o.valid_from <= :t1 AND o.valid_to >= :t1
                         AND o.code IN (SELECT unit FROM team UNION SELECT unit FROM person
                                        UNION SELECT unit FROM activity UNION SELECT unit FROM score_sheet))
), list(kind) AS (
    VALUES ('trafficking_victim'), ('foreign_marriage'), ('labour_abroad'), ('foreign_adoption')
), done AS (
    SELECT r.unit, r.list_kind AS kind, r.id FROM list_review r WHERE r.reviewed_on BETWEEN :t0 AND :t1
    UNION ALL
    SELECT w.unit, w.kind, w.id FROM watch_list_entry w WHERE w.reviewed_on BETWEEN :t0 AND :t1
    UNION ALL
    SELECT v.unit, 'trafficking_victim', v.id FROM trafficking_case v WHERE v.reviewed_on BETWEEN :t0 AND :t1
)
SELECT c.code AS unit, c.code || ' ' || l.kind AS subject, coalesce(d.id, '') AS record,
       d.id IS NOT NULL AS num, 1 AS den, l.kind AS by1
FROM commune c
JOIN list l
LEFT JOIN done d ON d.unit = c.code AND d.kind = l.kind
