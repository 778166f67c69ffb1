#pragma once
#include "CoreMinimal.h"
const TCHAR* StandInToTchar(const char* utf8);
const char* StandInToUtf8(const TCHAR* text);
#define UTF8_TO_TCHAR(text) StandInToTchar(text)
#define TCHAR_TO_UTF8(text) StandInToUtf8(text)
