-- Women (num) of all people (den), by the newest count up to :t1 of each unit and body.
SELECT w.unit AS unit, w.id AS subject, w.id AS record, w.women AS num, w.total AS den, coalesce(w.body, '') AS by1
FROM women_share w
WHERE w.counted_on <= :t1
  AND NOT EXISTS (SELECT 1 FROM women_share m
                  WHERE m.unit = w.unit AND m.body = w.body AND m.counted_on <= :t1
                    AND (m.counted_on > w.counted_on OR (m.counted_on = w.counted_on AND m.id > w.id)))
