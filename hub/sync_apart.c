/* A session with a revoked node: what it still has comes up and is kept apart; nothing goes down. SPEC 18.3. */
#include "hub/sync_priv.h"

#include <stdio.h>

void hub_sync_kept_apart(struct hub_sync *s, const struct id_inc *inc,
                         const struct hub_taken *taken, size_t sets, struct hub_sync_effects *fx)
{
    struct message_quarantined m = {.inc = *inc, .next_seq = taken->next_seq};
    s->apart = true; /* it may have been revoked in this very session */
    if (taken->unkept) {
        hub_sync_apart_end(s, true, fx);
        return;
    }
    if (taken->apart) s->apart_sets += sets;
    buf_clear(&s->body);
    message_quarantined_encode(&m, &s->body);
    hub_sync_send(s, MESSAGE_QUARANTINED, false, fx);
}

void hub_sync_apart_end(struct hub_sync *s, bool unkept, struct hub_sync_effects *fx)
{
    char text[MESSAGE_TEXT_MAX + 1] = "Máy này đã bị thu hồi quyền. / This PC was revoked.";
    if (s->retired && !unkept)
        snprintf(
            text, sizeof text,
            "Khóa của máy này đã được đổi ở nơi khác; %llu thay đổi để riêng chờ quyết định. / "
            "This PC's keys were changed elsewhere; %llu changes wait at the hub.",
            (unsigned long long)s->apart_sets, (unsigned long long)s->apart_sets);
    else if (unkept)
        snprintf(
            text, sizeof text,
            "Máy này đã bị thu hồi; trung tâm không còn chỗ để riêng, dữ liệu vẫn ở máy này. / "
            "This PC was revoked; the hub keeps no more apart.");
    else if (s->apart_sets > 0)
        snprintf(text, sizeof text,
                 "Máy này đã bị thu hồi. %llu thay đổi được để riêng ở trung tâm chờ quyết định. / "
                 "This PC was revoked; %llu changes wait at the hub.",
                 (unsigned long long)s->apart_sets, (unsigned long long)s->apart_sets);
    hub_sync_refuse_text(s, MESSAGE_REVOKED_NODE, text, ERR_REVOKED, fx);
}
