/*
 * wire.c - following pointers: every bound of wire.h is checked here.
 *
 * A pointer is followed in two steps: wire_follow finds the place and the tag
 * (the struct or list pointer that describes it, behind far pointers), then
 * the caller asks wire_claim for the words it means to read. Only claimed
 * words get into a view. Both are inline in every getter: a message is read field
 * by field, and the usual pointer is a near one in the only segment.
 */
#include "capnp/wire.h"

#include "errors.h"

#define HOT static inline __attribute__((always_inline))

enum pointer_kind {
    POINTER_STRUCT = 0,
    POINTER_LIST = 1,
    POINTER_FAR = 2,
    POINTER_OTHER = 3,
};

/* Where a pointer leads: a word of a segment, and what it says is there. */
struct place {
    uint64_t tag; /* 0 behind a far pointer: an empty struct */
    uint32_t segment;
    int64_t start; /* word; unchecked */
};

static const struct wire_list wire_no_list;

static bool wire_fail(struct wire_message *message)
{
    message->error = true;
    return false;
}

HOT bool wire_charge(struct wire_message *message, uint64_t words)
{
    if (words > message->budget) {
        message->budget = 0;
        return wire_fail(message);
    }
    message->budget -= words;
    return true;
}

static enum pointer_kind pointer_kind(uint64_t word)
{
    return (enum pointer_kind)(word & 3);
}

static int64_t pointer_offset(uint64_t word)
{
    return (int32_t)(uint32_t)word >> 2;
}

static uint32_t far_offset(uint64_t word)
{
    return (uint32_t)word >> 3;
}

static bool far_double(uint64_t word)
{
    return word & 4;
}

/* The index that stands for no capability is not one. */
static bool capability(uint64_t word)
{
    return (uint32_t)word == POINTER_OTHER && word >> 32 != WIRE_NO_CAP;
}

HOT const struct wire_segment *
wire_segment(const struct wire_message *message, uint32_t index)
{
    if (index >= message->segments) {
        return NULL;
    }
    return index == 0 ? &message->first : &message->rest[index - 1];
}

/* Follows a far pointer to its landing pad. */
static bool wire_follow_far(struct wire_message *message, uint64_t word,
                            struct place *place)
{
    uint32_t at = far_offset(word);
    uint32_t pad_words = far_double(word) ? 2 : 1;
    const struct wire_segment *segment;

    place->segment = (uint32_t)(word >> 32);
    segment = wire_segment(message, place->segment);
    if (!segment || (uint64_t)at + pad_words > segment->count) {
        return wire_fail(message);
    }
    place->tag = segment->words[at];
    if (!far_double(word)) {
        place->start = at + 1 + pointer_offset(place->tag);
        return pointer_kind(place->tag) != POINTER_FAR || wire_fail(message);
    }
    word = place->tag;
    place->tag = segment->words[at + 1];
    place->segment = (uint32_t)(word >> 32);
    place->start = far_offset(word);
    if (pointer_kind(word) != POINTER_FAR || far_double(word) ||
        place->segment >= message->segments ||
        pointer_kind(place->tag) > POINTER_LIST ||
        pointer_offset(place->tag) != 0) {
        return wire_fail(message);
    }
    return true;
}

/* False: null or bad. Costs a word, so that every step costs something. */
HOT bool wire_follow(const struct wire_struct *s, uint32_t index,
                     struct place *place)
{
    uint64_t word;

    if (index >= s->pointer_count) {
        return false;
    }
    word = s->pointers[index];
    if (word == 0 || !wire_charge(s->message, 1)) {
        return false;
    }
    if (pointer_kind(word) == POINTER_FAR) {
        return wire_follow_far(s->message, word, place);
    }
    place->tag = word;
    place->segment = s->segment;
    place->start = s->pointers + index + 1 -
                   wire_segment(s->message, s->segment)->words +
                   pointer_offset(word);
    return true;
}

/* The words of a place, if they all lie in its segment and are paid for. */
HOT const uint64_t *wire_claim(struct wire_message *message,
                               const struct place *place, uint64_t words)
{
    const struct wire_segment *segment = wire_segment(message, place->segment);

    if (place->start < 0 || (uint64_t)place->start > segment->count ||
        words > segment->count - (uint64_t)place->start) {
        wire_fail(message);
        return NULL;
    }
    if (!wire_charge(message, words)) {
        return NULL;
    }
    return segment->words + place->start;
}

static void wire_message_reset(struct wire_message *message)
{
    message->first = (struct wire_segment){NULL, 0};
    message->rest = NULL;
    message->segments = 1;
    message->error = true;
    message->budget = 0;
}

static bool wire_aligned(const void *bytes)
{
    return ((uintptr_t)bytes & 7) == 0;
}

int32_t wire_message_init(struct wire_message *message, const void *bytes,
                          size_t size_bytes)
{
    if (!bytes || !wire_aligned(bytes) || size_bytes == 0 ||
        size_bytes % 8 != 0) {
        wire_message_reset(message);
        return ERR_BAD_MESSAGE;
    }
    if (size_bytes / 8 > WIRE_WORDS_MAX) {
        wire_message_reset(message);
        return ERR_TOO_LARGE;
    }
    message->first.words = bytes;
    message->first.count = (uint32_t)(size_bytes / 8);
    message->rest = NULL;
    message->segments = 1;
    wire_message_renew(message);
    return 0;
}

static uint32_t wire_table_entry(const void *bytes, uint32_t index)
{
    uint32_t value;

    __builtin_memcpy(&value, (const uint8_t *)bytes + 4 * (size_t)index, 4);
    return value;
}

int32_t wire_message_init_framed(struct wire_message *message,
                                 struct wire_segment *table,
                                 uint32_t table_count, const void *bytes,
                                 size_t size_bytes, size_t *used_bytes)
{
    uint64_t have = size_bytes / 8;
    uint64_t at;
    uint32_t more;

    wire_message_reset(message);
    if (!bytes || !wire_aligned(bytes) || have == 0) {
        return ERR_BAD_MESSAGE;
    }
    more = wire_table_entry(bytes, 0);
    if (more > table_count) {
        return ERR_TOO_LARGE;
    }
    at = ((uint64_t)more + 3) / 2;
    if (at > have) {
        return ERR_BAD_MESSAGE;
    }
    for (uint32_t i = 0; i <= more; i++) {
        uint32_t count = wire_table_entry(bytes, i + 1);
        struct wire_segment *segment = i ? &table[i - 1] : &message->first;

        if (count > WIRE_WORDS_MAX || count > have - at) {
            wire_message_reset(message);
            return count > WIRE_WORDS_MAX ? ERR_TOO_LARGE : ERR_BAD_MESSAGE;
        }
        *segment = (struct wire_segment){(const uint64_t *)bytes + at, count};
        at += count;
    }
    message->rest = table;
    message->segments = more + 1;
    message->error = false;
    wire_message_limit(message, wire_budget(at));
    *used_bytes = (size_t)at * 8;
    return 0;
}

enum wire_kind wire_get_kind(struct wire_struct s, uint32_t index)
{
    struct place place;

    if (!wire_follow(&s, index, &place)) {
        return WIRE_KIND_NULL;
    }
    switch (pointer_kind(place.tag)) {
    case POINTER_STRUCT:
        return WIRE_KIND_STRUCT;
    case POINTER_LIST:
        return WIRE_KIND_LIST;
    default:
        if (capability(place.tag)) {
            return WIRE_KIND_CAP;
        }
        wire_fail(s.message);
        return WIRE_KIND_NULL;
    }
}

HOT struct wire_struct wire_struct_at(const struct wire_struct *s,
                                      uint32_t index)
{
    struct wire_struct none = {.message = s->message};
    struct place place;
    uint16_t data_words;
    uint16_t pointers;
    const uint64_t *words;

    if (!wire_follow(s, index, &place)) {
        return none;
    }
    if (pointer_kind(place.tag) != POINTER_STRUCT || s->depth == 0) {
        wire_fail(s->message);
        return none;
    }
    data_words = (uint16_t)(place.tag >> 32);
    pointers = (uint16_t)(place.tag >> 48);
    words = wire_claim(s->message, &place, (uint64_t)data_words + pointers);
    if (!words) {
        return none;
    }
    return (struct wire_struct){.message = s->message,
                                .data = (const uint8_t *)words,
                                .pointers = words + data_words,
                                .data_bytes = 8u * data_words,
                                .segment = place.segment,
                                .pointer_count = pointers,
                                .depth = (uint16_t)(s->depth - 1)};
}

struct wire_struct wire_get_struct(struct wire_struct s, uint32_t index)
{
    return wire_struct_at(&s, index);
}

struct wire_struct wire_root(struct wire_message *message)
{
    struct wire_struct above = {.message = message,
                                .pointers = message->first.words,
                                .pointer_count = 1,
                                .depth = WIRE_DEPTH_MAX + 1};

    if (message->first.count == 0) {
        wire_fail(message);
        above.pointer_count = 0;
    }
    return wire_struct_at(&above, 0);
}

/* Reads the tag word of a list of structs, whose words are claimed already. */
static bool wire_composite(struct wire_list *list, const uint64_t *words,
                           uint32_t content_words)
{
    uint16_t data_words = (uint16_t)(words[0] >> 32);
    uint16_t pointers = (uint16_t)(words[0] >> 48);
    uint64_t step = (uint64_t)data_words + pointers;
    uint64_t count = (uint32_t)words[0] >> 2;

    if (pointer_kind(words[0]) != POINTER_STRUCT ||
        count * step > content_words) {
        return wire_fail(list->message);
    }
    if (step == 0 && !wire_charge(list->message, count)) {
        return false;
    }
    list->bytes = (const uint8_t *)(words + 1);
    list->count = (uint32_t)count;
    list->step_bits = 64u * (uint32_t)step;
    list->data_bits = 64u * data_words;
    list->pointer_count = pointers;
    return true;
}

static bool wire_list_fits(const struct wire_list *list,
                           enum wire_element expected)
{
    static const uint8_t bits[] = {0, 1, 8, 16, 32, 64};

    switch (expected) {
    case WIRE_ANY:
    case WIRE_VOID:
        return true;
    case WIRE_BIT:
        return list->element == WIRE_BIT;
    case WIRE_COMPOSITE:
        return list->element != WIRE_BIT;
    case WIRE_POINTER:
        return list->pointer_count > 0;
    default:
        return list->data_bits >= bits[expected];
    }
}

struct wire_list wire_get_list(struct wire_struct s, uint32_t index,
                               enum wire_element expected)
{
    static const uint8_t bits[] = {0, 1, 8, 16, 32, 64, 64};
    struct wire_list list = {.message = s.message};
    struct place place;
    uint32_t count;
    const uint64_t *words;

    if (!wire_follow(&s, index, &place)) {
        return wire_no_list;
    }
    if (pointer_kind(place.tag) != POINTER_LIST || s.depth == 0) {
        wire_fail(s.message);
        return wire_no_list;
    }
    list.element = (uint8_t)(place.tag >> 32 & 7);
    list.segment = place.segment;
    list.depth = (uint16_t)(s.depth - 1);
    count = (uint32_t)(place.tag >> 35);
    if (list.element == WIRE_COMPOSITE) {
        words = wire_claim(s.message, &place, (uint64_t)count + 1);
        if (!words || !wire_composite(&list, words, count)) {
            return wire_no_list;
        }
    } else {
        list.step_bits = bits[list.element];
        words = wire_claim(s.message, &place,
                           ((uint64_t)count * list.step_bits + 63) / 64);
        if (!words ||
            (list.step_bits == 0 && !wire_charge(s.message, count))) {
            return wire_no_list;
        }
        list.bytes = (const uint8_t *)words;
        list.count = count;
        list.pointer_count = list.element == WIRE_POINTER;
        list.data_bits = list.pointer_count ? 0 : list.step_bits;
    }
    if (!wire_list_fits(&list, expected)) {
        wire_fail(s.message);
        return wire_no_list;
    }
    return list;
}

/* The bytes of a byte list; NULL if null or anything else. */
HOT const uint8_t *wire_get_bytes(const struct wire_struct *s, uint32_t index,
                                  uint32_t *length)
{
    struct place place;

    if (!wire_follow(s, index, &place)) {
        return NULL;
    }
    if (pointer_kind(place.tag) != POINTER_LIST ||
        (place.tag >> 32 & 7) != WIRE_BYTE) {
        wire_fail(s->message);
        return NULL;
    }
    *length = (uint32_t)(place.tag >> 35);
    return (const uint8_t *)wire_claim(s->message, &place,
                                       ((uint64_t)*length + 7) / 8);
}

struct wire_text wire_get_text_or(struct wire_struct s, uint32_t index,
                                  struct wire_text otherwise)
{
    uint32_t length;
    const uint8_t *bytes = wire_get_bytes(&s, index, &length);

    if (!bytes) {
        return otherwise;
    }
    if (length == 0 || bytes[length - 1] != 0) {
        wire_fail(s.message);
        return otherwise;
    }
    return (struct wire_text){(const char *)bytes, length - 1};
}

struct wire_data wire_get_data_or(struct wire_struct s, uint32_t index,
                                  struct wire_data otherwise)
{
    uint32_t length;
    const uint8_t *bytes = wire_get_bytes(&s, index, &length);

    return bytes ? (struct wire_data){bytes, length} : otherwise;
}

uint32_t wire_get_cap(struct wire_struct s, uint32_t index)
{
    struct place place;

    if (!wire_follow(&s, index, &place)) {
        return WIRE_NO_CAP;
    }
    if (!capability(place.tag)) {
        wire_fail(s.message);
        return WIRE_NO_CAP;
    }
    return (uint32_t)(place.tag >> 32);
}
