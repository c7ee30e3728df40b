-- Hot spots of prostitution that are active at the end of :t1; one that was removed later still was.
SELECT h.unit AS unit, h.id AS subject, h.id AS record, 1 AS num, NULL AS den
FROM hotspot h
WHERE h.kind = 'prostitution' AND h.since <= :t1
  AND CASE h.state WHEN 'active' THEN 1
                   WHEN 'reappeared' THEN coalesce(h.state_since, '') <= :t1
                   ELSE coalesce(h.state_since, '') > :t1 END
