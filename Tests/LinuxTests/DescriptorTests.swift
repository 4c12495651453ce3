import Glibc
import Linux
import TestSupport
import Testing

@Suite struct DescriptorTests {
    @Test func closesWithTheLastReference() throws {
        let pipe = try Pipe()
        var copy: Descriptor? = try pipe.writer.duplicate()
        pipe.writer.close()
        try copy!.writeAll([1, 2, 3])
        copy = nil
        // The reader sees the end only when every writer is closed.
        #expect(try pipe.reader.readToEnd() == [1, 2, 3])
    }

    @Test func closingTwiceNeverClosesAnothersDescriptor() throws {
        let pipe = try Pipe()
        let number = pipe.reader.raw
        pipe.reader.close()
        let other = try Descriptor(retrying("dup") { fcntl(pipe.writer.raw, F_DUPFD_CLOEXEC, number) })
        pipe.reader.close()
        #expect(fcntl(other.raw, F_GETFD) >= 0)
        #expect(pipe.reader.raw == -1)
    }

    @Test func aReleasedDescriptorStaysOpen() throws {
        let pipe = try Pipe()
        let number = pipe.writer.release()
        pipe.writer.close()
        #expect(fcntl(number, F_GETFD) >= 0)
        #expect(pipe.writer.release() == -1)
        close(number)
    }

    @Test func theWritingOfAFileCanBeBegunAndThatOfAPipeCannot() throws {
        let folder = TemporaryDirectory()
        let file = try Files.open(folder.write(String(repeating: "x", count: 100_000), to: "file"))
        try file.beginWriting(0..<100_000)
        let pipe = try Pipe()
        #expect(throws: SystemError.self) { try pipe.writer.beginWriting(0..<1) }
    }

    @Test func everyDescriptorIsCloseOnExec() throws {
        let pipe = try Pipe()
        let (one, other) = try UnixSocket.pair()
        for descriptor in [pipe.reader, pipe.writer, one, other, try one.duplicate()] {
            #expect(fcntl(descriptor.raw, F_GETFD) & FD_CLOEXEC != 0)
        }
    }

    @Test func aLargeWriteArrivesWhole() throws {
        let (one, other) = try UnixSocket.pair()
        let bytes = randomBytes(3_000_000)
        let writer = try WorkerThread("writer") {
            try? one.writeAll(bytes)
            one.close()
        }
        #expect(try other.readToEnd() == bytes)
        writer.join()
    }

    @Test func aWriteToAClosedPeerIsAnError() throws {
        Signals.ignoreBrokenPipes()
        let (one, other) = try UnixSocket.pair()
        other.close()
        #expect(throws: SystemError(number: EPIPE, call: "write")) { try one.writeAll([1]) }
    }
}
