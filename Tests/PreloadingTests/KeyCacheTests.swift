import JSONCodec
import Linux
import Testing

@testable import Preloading

struct KeyCacheTests {
}
