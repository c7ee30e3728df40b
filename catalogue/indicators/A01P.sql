-- People who attended, as each session's own count of distinct people says. Meetings, reviews,
-- inspections, surveys, relief, fund-raising and study visits are activities but no propaganda sessions.
SELECT a.unit AS unit, a.id AS subject, a.id AS record, a.distinct_people AS num, NULL AS den,
       coalesce(a.field, '') AS by1, coalesce(a.kind, '') AS by2, coalesce(a.channel, '') AS by3
FROM activity a
WHERE a.on_date BETWEEN :t0 AND :t1
  AND a.kind IN ('direct', 'behaviour_change', 'talk', 'seminar', 'forum', 'contest', 'rally', 'exchange',
                 'dialogue', 'club_meeting', 'training')
  AND a.distinct_people IS NOT NULL
