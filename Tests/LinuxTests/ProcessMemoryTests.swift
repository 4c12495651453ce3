import Testing

@testable import Linux

@Suite struct ProcessMemoryTests {
    @Test func codeIsWhatFilesHoldAndMayRun() {
        let maps = """
            55d0a0000000-55d0a0400000 r--p 00000000 fd:00 1234                       /usr/bin/millrace runner
            55d0a0400000-55d0a0e00000 r-xp 00400000 fd:00 1234                       /usr/bin/millrace runner
            55d0a0e00000-55d0a0f00000 rw-p 00e00000 fd:00 1234                       /usr/bin/millrace runner
            7f0000000000-7f0000100000 rw-p 00000000 00:00 0
            7f0000200000-7f0000300000 r-xp 00000000 00:00 0
            7ffe00000000-7ffe00002000 r-xp 00000000 00:00 0                          [vdso]
            """
        #expect(ProcessMemory.codeRanges(maps) == [0x55d0_a040_0000..<0x55d0_a0e0_0000])
    }

    @Test func codeThatWasReleasedStillRuns() throws {
        func code() throws -> UInt {
            try ProcessMemory.codeRanges(Files.readText("/proc/self/maps", limit: 1 << 20)).map { UInt($0.count) }
                .reduce(0, +)
        }
        let before = try code()
        ProcessMemory.releaseCode()
        #expect(try code() == before)
        #expect(before > 0)
    }
}
