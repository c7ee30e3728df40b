-- All communes (den), and of them those whose score sheet of the year of :t1, no draft, puts them into a class
-- without prostitution (num).
WITH commune AS (
    -- the communes beside one that keeps records: all communes of the district or province
    SELECT u.code FROM unit u
    WHERE u.level IN ('xa', 'phuong', 'thi_tran', 'dac_khu') AND u.valid_from <= :t1 AND u.valid_to >= :t1
      AND u.parent IN (SELECT o.parent FROM unit o
                       WHERE o.valid_from <= :t1 AND o.valid_to >= :t1
                         AND o.code IN (SELECT unit FROM team UNION SELECT unit FROM person
                                        UNION SELECT unit FROM activity UNION SELECT unit FROM score_sheet))
)
SELECT c.code AS unit, c.code AS subject, coalesce(s.id, '') AS record,
       coalesce(s.result_class IN ('no_prostitution', 'neither'), 0) AS num, 1 AS den
FROM commune c
LEFT JOIN score_sheet s ON s.unit = c.code AND s.year = CAST(strftime('%Y', :t1) AS INTEGER) AND s.state <> 'draft'
