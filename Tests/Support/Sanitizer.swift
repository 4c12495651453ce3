import Glibc

/// What the tests were built with.
public enum Sanitizer {
    /// Whether the address sanitizer is in them: it keeps what was freed for a while, so that memory grows.
    public static let isAddress = dlsym(nil, "__asan_init") != nil
    /// Whether the thread sanitizer is in them: it makes programs several times slower.
    public static let isThread = dlsym(nil, "__tsan_init") != nil
}
