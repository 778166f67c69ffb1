/* The C interface of Posecast's client core: speech goes in, faces come out when they are due.
 *
 * Polling only: no call of yours is ever made from a thread of the core, and no exception leaves
 * it. Every function may be called from any thread, but none of a client during or after its
 * posecast_destroy. Every struct belongs to the caller and begins with `struct_size`, which the
 * caller sets to sizeof: that is how old callers and new cores understand each other. Strings are
 * UTF-8 and end with 0; the core copies what it is given. Never unload the library: gRPC keeps
 * threads alive.
 *
 * Times are in seconds. `time` counts from the first sample of an utterance; `due` is on the
 * client's own clock, posecast_now. Utterances are numbered from 0 over the whole life of a client,
 * across reconnections. Weights are 0..1; left and right are the character's own.
 */
#ifndef POSECAST_CORE_H
#define POSECAST_CORE_H

#include <stdint.h>

#if defined(_WIN32) && defined(POSECAST_CORE_IS_BUILT)
#define POSECAST_API __declspec(dllexport)
#elif defined(_WIN32)
#define POSECAST_API __declspec(dllimport)
#else
#define POSECAST_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Grows when the meaning of anything here changes; additions do not change it. */
#define POSECAST_ABI_VERSION 1u
/* Most curves that a frame can hold; Posecast sends the 52 of ARKit. */
#define POSECAST_MAX_CURVES 64u
#define POSECAST_MESSAGE_CAPACITY 256u

typedef struct posecast_client posecast_client;

/* What functions return. Below 0 nothing was done; posecast_last_error tells why. */
#define POSECAST_NOTHING 0           /* done, or: there is nothing at the moment */
#define POSECAST_HAS_ONE 1           /* a frame or an event was written */
#define POSECAST_INVALID_ARGUMENT -1 /* a value or a struct_size is wrong */
#define POSECAST_QUEUE_FULL -2       /* try again later */
#define POSECAST_STREAM_FAILED -3    /* for good: destroy the client and create another */
#define POSECAST_OUT_OF_MEMORY -4
#define POSECAST_INTERNAL -5

/* posecast_options.latency_mode; the contract (protos/README.md) tells their windows. */
#define POSECAST_MODE_DEFAULT 0u
#define POSECAST_MODE_OFFLINE 1u
#define POSECAST_MODE_BALANCED 2u
#define POSECAST_MODE_REALTIME 3u

/* posecast_options.clock: what decides when a frame is due. */
#define POSECAST_CLOCK_STEADY 0u /* the core's own: an utterance begins once enough is buffered */
#define POSECAST_CLOCK_AUDIO 1u  /* your audio player's: tell it by posecast_set_audio_position */

/* posecast_settings.fields: which members are set; the others stay as they are. */
#define POSECAST_SET_STYLE_NAME (1u << 0)
#define POSECAST_SET_STYLE_VECTOR (1u << 1)
#define POSECAST_SET_SEED (1u << 2)
#define POSECAST_SET_SAMPLING_STEPS (1u << 3)
#define POSECAST_SET_STYLE_STRENGTH (1u << 4)
#define POSECAST_SET_AUDIO_GUIDANCE (1u << 5)
#define POSECAST_SET_STYLE_GUIDANCE (1u << 6)
#define POSECAST_SET_UPPER_FACE (1u << 7)
#define POSECAST_SET_LOWER_FACE (1u << 8)
#define POSECAST_SET_HEAD (1u << 9)
#define POSECAST_SET_BLINKS (1u << 10)
#define POSECAST_SET_SMOOTHING_UPPER_FACE (1u << 11)
#define POSECAST_SET_SMOOTHING_LOWER_FACE (1u << 12)
#define POSECAST_SET_SMOOTHING_HEAD (1u << 13)
#define POSECAST_SET_BLINK_RATE (1u << 14) /* this and the next three belong to a style vector */
#define POSECAST_SET_GAZE_RANGE (1u << 15)
#define POSECAST_SET_HEAD_WANDER (1u << 16)
#define POSECAST_SET_HEAD_TEMPO (1u << 17)

/* posecast_curve_adjustment.fields. */
#define POSECAST_ADJUST_MULTIPLIER (1u << 0)
#define POSECAST_ADJUST_OFFSET (1u << 1)
#define POSECAST_ADJUST_MINIMUM (1u << 2)
#define POSECAST_ADJUST_MAXIMUM (1u << 3)

typedef struct posecast_curve_adjustment {
  uint32_t struct_size;
  uint32_t fields;
  const char* curve_name; /* e.g. "jawOpen" */
  float multiplier;       /* 0..10 */
  float offset;           /* -1..1 */
  float minimum;          /* 0..1 */
  float maximum;          /* 0..1 */
} posecast_curve_adjustment;

/* What may be chosen at the start and changed at any time; the server refuses what is out of range.
 */
typedef struct posecast_settings {
  uint32_t struct_size;
  uint32_t fields;
  uint64_t seed;          /* decides head, brows and blinks */
  const char* style_name; /* e.g. "neutral" or "cheerful:0.6,tired:0.4" */
  const float* style_values;
  const posecast_curve_adjustment* curve_adjustments;
  uint32_t num_style_values;
  uint32_t num_curve_adjustments;
  uint32_t sampling_steps; /* 1..50 */
  float style_strength;    /* 0..2 */
  float audio_guidance;    /* 0..4 */
  float style_guidance;    /* 0..4 */
  float upper_face;        /* strengths, 0..2 */
  float lower_face;
  float head;
  float blinks;
  float smoothing_upper_face_s; /* 0..0.5 */
  float smoothing_lower_face_s;
  float smoothing_head_s;
  float blink_rate_hz; /* 0..2 */
  float gaze_range;    /* 0..1 */
  float head_wander_rad;
  float head_tempo_hz;
  uint32_t reserved; /* 0 */
} posecast_settings;

/* How to connect and what to send. A member that is 0 or NULL means its default. */
typedef struct posecast_options {
  uint32_t struct_size;
  uint32_t sample_rate_hz;     /* of the audio you push, 8000..192000; must be set */
  uint32_t num_channels;       /* 1 or 2; default 1 */
  uint32_t frame_rate_hz;      /* 25, 30, 50 or 60; default 25 */
  uint32_t latency_mode;       /* POSECAST_MODE_*; default balanced */
  uint32_t window_frames;      /* in the place of the mode's own window, 1..100 */
  uint32_t look_ahead_ms;      /* in the place of the model's own */
  uint32_t clock;              /* POSECAST_CLOCK_* */
  uint32_t idles;              /* 1: the face goes on living between utterances */
  uint32_t uses_tls;           /* 1: TLS, with the system's roots unless you give yours */
  uint32_t start_delay_ms;     /* what is buffered before an utterance begins; default 160 */
  uint32_t max_audio_ms;       /* audio that may wait to be sent, 1000..600000; default 30000 */
  uint32_t max_frames_ms;      /* frames that may wait to be shown, 6000..50000; default 20000 */
  uint32_t connect_timeout_ms; /* until the server's header; default 5000 */
  uint32_t idle_timeout_ms;    /* silence of the server where it owes an answer; default 15000 */
  uint32_t reserved;           /* 0 */
  const char* address;         /* host:port, e.g. "127.0.0.1:50051"; must be set */
  const char* token; /* sent as `authorization: Bearer <token>`; wants TLS to stay secret */
  const char* root_certificates_pem;
  const char* client_certificate_pem; /* with client_key_pem, where the server asks for one */
  const char* client_key_pem;
  const char* server_name; /* the name in the server's certificate, if the address has another */
  const posecast_settings* settings;
} posecast_options;

/* posecast_frame.flags */
#define POSECAST_FRAME_IDLE (1u << 0)   /* idle life; `utterance` is the one that comes next */
#define POSECAST_FRAME_EASING (1u << 1) /* the server's answer to an interrupt */
#define POSECAST_FRAME_LOCAL (1u << 2)  /* made here: the last face held, or on its way to rest */

/* A face at one instant. */
typedef struct posecast_frame {
  uint32_t struct_size;
  uint32_t utterance;
  uint64_t index; /* in its utterance; without gaps unless a connection was lost */
  double time_s;  /* in its utterance */
  double due_s;   /* on the client's clock */
  uint32_t flags;
  uint32_t num_curves;
  float head[4]; /* unit quaternion x, y, z, w: right-handed, +Y up, the face looks along +Z */
  float weights[POSECAST_MAX_CURVES]; /* in the order of posecast_curve_name */
} posecast_frame;

/* posecast_event.kind */
#define POSECAST_EVENT_HEADER 1u /* connected; curve names are known, and may be others */
#define POSECAST_EVENT_FIRST_FRAME                                                                 \
  2u /* enough is buffered: the utterance begins; start its audio */
#define POSECAST_EVENT_UTTERANCE_END 3u    /* the server has sent all frames of the utterance */
#define POSECAST_EVENT_UTTERANCE_PLAYED 4u /* its last frame is over */
#define POSECAST_EVENT_RECONNECTING 5u     /* the stream broke; another attempt follows */
#define POSECAST_EVENT_ERROR 6u            /* the stream has failed for good */

/* posecast_event.flags */
#define POSECAST_EVENT_WAS_INTERRUPTED (1u << 0)
#define POSECAST_EVENT_WAS_LOST (1u << 1) /* a broken connection cut the utterance short */

typedef struct posecast_event {
  uint32_t struct_size;
  uint32_t kind;
  uint32_t flags;
  uint32_t utterance;
  uint64_t num_frames;                     /* of an end */
  uint64_t seed;                           /* of a header */
  double audio_duration_s;                 /* of an end: what the server has heard */
  int32_t status;                          /* gRPC status code of an error or of what broke */
  uint32_t attempt;                        /* of a reconnection, from 1 */
  char message[POSECAST_MESSAGE_CAPACITY]; /* of a header the server's version and stream */
} posecast_event;

/* posecast_state */
#define POSECAST_STATE_CONNECTING 0
#define POSECAST_STATE_WAITING 1   /* connected, nothing is shown but idle life */
#define POSECAST_STATE_RECEIVING 2 /* an utterance is shown */
#define POSECAST_STATE_BEHIND 3    /* an utterance is shown, and its next frame is not there */
#define POSECAST_STATE_RECONNECTING 4
#define POSECAST_STATE_FAILED 5

/* Counted since the creation, but for what waits. Samples are those of one channel. */
typedef struct posecast_stats {
  uint32_t struct_size;
  uint32_t frames_waiting;  /* due later */
  uint64_t samples_waiting; /* not sent yet */
  uint64_t samples_pushed;
  uint64_t samples_refused; /* pushed while the queue was full */
  uint64_t samples_sent;
  uint64_t samples_lost; /* sent or stale when a connection broke, without a frame */
  uint64_t frames_received;
  uint64_t frames_released; /* by posecast_poll */
  uint64_t frames_dropped;  /* overflow: the oldest ones */
  uint64_t frames_late;     /* came after their time by the audio's clock; not shown */
  uint64_t frames_malformed;
  uint64_t events_dropped; /* overflow: the oldest ones */
  uint64_t underruns;
  uint64_t clock_jumps;
  uint64_t reconnections;
} posecast_stats;

/* An instant that frames belong to. */
typedef struct posecast_place {
  uint32_t struct_size;
  uint32_t utterance;
  uint64_t frame_index;
} posecast_place;

POSECAST_API uint32_t posecast_abi_version(void);

/* Starts to connect and returns at once. Where it fails, `error` tells why (it may be NULL). */
POSECAST_API int32_t posecast_create(const posecast_options* options, posecast_client** client,
                                     char* error, uint32_t error_capacity);
/* Cancels what is under way and joins every thread of the client. NULL is allowed. */
POSECAST_API void posecast_destroy(posecast_client* client);

/* How many samples of each channel were taken, which is fewer than given when the queue is full, or
 * an error. Does not block and does not allocate. Channels alternate. */
POSECAST_API int32_t posecast_push_audio_i16(posecast_client* client, const int16_t* samples,
                                             uint32_t num_samples);
/* The same in -1..1; beyond it is clipped, and NaN is refused. */
POSECAST_API int32_t posecast_push_audio_f32(posecast_client* client, const float* samples,
                                             uint32_t num_samples);
/* The utterance is complete; what is pushed from now on belongs to the next. */
POSECAST_API int32_t posecast_end_utterance(posecast_client* client);
/* The utterance that audio pushed now belongs to. */
POSECAST_API uint32_t posecast_current_utterance(posecast_client* client);
/* Stops speaking: drops all audio and all frames from `place` on, and eases to rest in 200 ms. NULL
 * means what would be shown next. */
POSECAST_API int32_t posecast_interrupt(posecast_client* client, const posecast_place* place);
/* Changes settings, from the audio on that is pushed next. */
POSECAST_API int32_t posecast_update(posecast_client* client, const posecast_settings* settings);

/* Where your audio player is (POSECAST_CLOCK_AUDIO). Tell it as often as you like; between two
 * calls the clock runs on for at most 0.12 s. An older utterance than the one shown is ignored. */
POSECAST_API int32_t posecast_set_audio_position(posecast_client* client, uint32_t utterance,
                                                 double time_s);
/* Seconds since the creation. */
POSECAST_API double posecast_now(posecast_client* client);

/* The next frame that is due, in order, each once. Poll until nothing is left. */
POSECAST_API int32_t posecast_poll(posecast_client* client, posecast_frame* frame);
/* The face of this very moment, between two frames; nothing before the first. It may be used in the
 * place of posecast_poll, or beside it; a client that polled once must go on polling. */
POSECAST_API int32_t posecast_sample(posecast_client* client, posecast_frame* frame);
POSECAST_API int32_t posecast_poll_event(posecast_client* client, posecast_event* event);

POSECAST_API int32_t posecast_state(posecast_client* client);
POSECAST_API int32_t posecast_get_stats(posecast_client* client, posecast_stats* stats);
/* Text functions write at most `capacity` bytes with the final 0, and return the text's length. */
POSECAST_API int32_t posecast_last_error(posecast_client* client, char* buffer, uint32_t capacity);
/* 0 before the header. */
POSECAST_API uint32_t posecast_curve_count(posecast_client* client);
POSECAST_API int32_t posecast_curve_name(posecast_client* client, uint32_t index, char* buffer,
                                         uint32_t capacity);

/* A head rotation of a frame in Unreal's axes: for an FQuat, and for an FRotator in degrees. */
POSECAST_API void posecast_unreal_quaternion(const float head[4], float x_y_z_w[4]);
POSECAST_API void posecast_unreal_rotator(const float head[4], float pitch_yaw_roll[3]);

#ifdef __cplusplus
}
#endif

#endif
