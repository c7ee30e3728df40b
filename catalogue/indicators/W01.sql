-- All communes (den), and of them those with propaganda on prostitution in every quarter of the window (num).
-- Quarters are counted from its first day; one that the window cuts off counts as far as it goes.
WITH RECURSIVE quarter(first, last) AS (
    SELECT date(:t0), date(:t0, '+1 month', '+1 month', '+1 month', '-1 day')
    UNION ALL
    SELECT date(last, '+1 day'), date(last, '+1 day', '+1 month', '+1 month', '+1 month', '-1 day')
    FROM quarter WHERE last < :t1
), session AS (
    SELECT a.unit, a.id, a.on_date FROM activity a
    WHERE a.field = 'prostitution' AND a.on_date BETWEEN :t0 AND :t1
      AND a.kind IN ('direct', 'behaviour_change', 'talk', 'seminar', 'forum', 'contest', 'rally', 'exchange',
                 'dialogue', 'club_meeting', 'training')
), steady AS (
    SELECT x.unit FROM session x JOIN quarter q ON x.on_date BETWEEN q.first AND q.last
    GROUP BY x.unit HAVING count(DISTINCT q.first) = (SELECT count(*) FROM quarter)
), commune AS (
    -- the communes beside one that keeps records: all communes of the district or province
    SELECT u.code FROM unit u
    WHERE u.level IN ('xa', 'phuong', 'thi_tran', 'dac_khu') AND u.valid_from <= :t1 AND u.valid_to >= :t1
      AND u.parent IN (SELECT o.parent FROM unit o
                       WHERE o.valid_from <= :t1 AND o.valid_to >= :t1
                         AND o.code IN (SELECT unit FROM team UNION SELECT unit FROM person
                                        UNION SELECT unit FROM activity UNION SELECT unit FROM score_sheet))
)
SELECT c.code AS unit, c.code AS subject, coalesce(s.id, '') AS record,
       c.code IN (SELECT unit FROM steady) AS num,
       1 AS den
FROM commune c
LEFT JOIN session s ON s.unit = c.code
