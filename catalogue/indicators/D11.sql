-- All communes (den), and of them those with an activity about HIV/AIDS or the prevention of gender-based violence
-- in the window (num). One row for each such activity, or one without a record.
WITH commune AS (
    -- the communes beside one that keeps records: all communes of the district or province
    SELECT u.code FROM unit u
    WHERE u.level IN ('xa', 'phuong', 'thi_tran', 'dac_khu') AND u.valid_from <= :t1 AND u.valid_to >= :t1
      AND u.parent IN (SELECT o.parent FROM unit o
                       WHERE o.valid_from <= :t1 AND o.valid_to >= :t1
                         AND o.code IN (SELECT unit FROM team UNION SELECT unit FROM person
                                        UNION SELECT unit FROM activity UNION SELECT unit FROM score_sheet))
)
SELECT c.code AS unit, c.code AS subject, coalesce(a.id, '') AS record, a.id IS NOT NULL AS num, 1 AS den
FROM commune c
LEFT JOIN activity a ON a.unit = c.code AND a.field IN ('hiv', 'gbv') AND a.on_date BETWEEN :t0 AND :t1
