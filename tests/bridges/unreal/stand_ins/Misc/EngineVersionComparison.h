#pragma once
#ifndef STAND_IN_MINOR
#define STAND_IN_MINOR 6
#endif
#define UE_VERSION_OLDER_THAN(major, minor, patch)                                                 \
  (5 < (major) || (5 == (major) && STAND_IN_MINOR < (minor)))
