import CSQLite
import Linux

/// SQLite's own file layer, but for a ``PageTrailer`` on each page of a database: written with the page, looked at whenever the
/// page is read from the file, and taken off before SQLite sees it.
///
/// Only files whose header reserves the room for it have it (``Connection/keepChecksums()``); all others are read and written as
/// they are. Pages in the write-ahead log have checksums of SQLite's instead, which are looked at when the log is recovered.
enum ChecksummedFiles {
    /// What to do with a page that is not as it was written.
    enum Reading {
        /// Refuse it, but take one that is all zeros, as free pages may be; SQLite sees by itself that it holds no rows.
        case usual
        /// Refuse that too: it may have been the end of a long text.
        case strict
        /// Take it.
        case asFound
    }

    /// `SQLITE_IOERR_DATA`, which Swift does not import: a page's checksum does not hold.
    static let wrongPageCode = SQLITE_IOERR | (32 << 8)

    /// `SQLITE_IOERR_SHORT_READ`: the file ends before what was asked for does; the rest was filled with zeros.
    private static let shortReadCode = SQLITE_IOERR | (2 << 8)

    /// The name under which SQLite knows the layer, from the first time that somebody asks for it.
    static let name: String = {
        let name = "millrace"
        let layer = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        layer.initialize(to: system.pointee)
        let bytes = UnsafeMutablePointer<CChar>.allocate(capacity: name.utf8.count + 1)
        bytes.initialize(from: Array(name.utf8CString), count: name.utf8.count + 1)
        layer.pointee.zName = UnsafePointer(bytes)
        layer.pointee.szOsFile = Int32(offset + MemoryLayout<Kept>.size)
        layer.pointee.xOpen = { _, path, file, flags, outFlags in
            let code = system.pointee.xOpen(system, path, file, flags, outFlags)
            guard code == SQLITE_OK, flags & SQLITE_OPEN_MAIN_DB != 0, let file, let methods = file.pointee.pMethods
            else { return code }
            kept(file).initialize(to: Kept(methods: methods))
            file.pointee.pMethods = layered(methods)
            return code
        }
        sqlite3_vfs_register(layer, 0)
        return name
    }()

    /// What the layer knows of the database that a connection has open; nil where it is not there.
    static func state(of connection: OpaquePointer) -> State? {
        var file: UnsafeMutablePointer<sqlite3_file>?
        let code = withUnsafeMutablePointer(to: &file) {
            sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, $0)
        }
        guard code == SQLITE_OK, let file, let methods = file.pointee.pMethods,
            known.withLock({ $0.values.contains(UInt(bitPattern: methods)) })
        else { return nil }
        return State(file: file, kept: kept(file))
    }

    /// Belongs to the connection's thread, and to its life.
    struct State {
        fileprivate let file: UnsafeMutablePointer<sqlite3_file>
        fileprivate let kept: UnsafeMutablePointer<Kept>

        /// Whether the file has checksums; nil while there is no page in it.
        var isChecksummed: Bool? { kept.pointee.page.map { $0 != 0 } }

        /// Makes the pages of a new file what those of another are, before its first page is written: that comes last.
        func become(_ other: State) { kept.pointee.page = other.kept.pointee.page }

        var reading: Reading {
            get { kept.pointee.reading }
            nonmutating set { kept.pointee.reading = newValue }
        }

        /// The page that was found wrong last, counted from 1, whether it was taken or not.
        var wrongPage: UInt32? { kept.pointee.wrongPage }
    }

    /// Kept behind SQLite's own file object.
    fileprivate struct Kept {
        let methods: UnsafePointer<sqlite3_io_methods>
        /// Bytes of a page of a file with checksums, 0 for one without; nil until its header was seen.
        var page: Int?
        var reading = Reading.usual
        var wrongPage: UInt32?
    }

    nonisolated(unsafe) private static let system: UnsafeMutablePointer<sqlite3_vfs> = sqlite3_vfs_find(nil)

    /// Where ``Kept`` begins in a file object.
    private static let offset: Int = {
        let alignment = MemoryLayout<Kept>.alignment
        return (Int(system.pointee.szOsFile) + alignment - 1) / alignment * alignment
    }()

    private static func kept(_ file: UnsafeMutablePointer<sqlite3_file>) -> UnsafeMutablePointer<Kept> {
        (UnsafeMutableRawPointer(file) + offset).assumingMemoryBound(to: Kept.self)
    }

    /// The address of the system's methods to that of ours; there is one pair in practice.
    private static let known = Locked<[UInt: UInt]>([:])

    private static func layered(_ system: UnsafePointer<sqlite3_io_methods>) -> UnsafePointer<sqlite3_io_methods>? {
        let address = known.withLock { known in
            if let address = known[UInt(bitPattern: system)] { return address }
            let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
            methods.initialize(to: system.pointee)
            // Pages that are read as memory, which version 2 has not, would pass us by, and so would parts of pages.
            methods.pointee.iVersion = min(2, system.pointee.iVersion)
            methods.pointee.xDeviceCharacteristics = { file in
                let readsParts: Int32 = 0x8000
                guard let file else { return 0 }
                let system = ChecksummedFiles.kept(file).pointee.methods
                return system.pointee.xDeviceCharacteristics(file) & ~readsParts
            }
            methods.pointee.xRead = { file, buffer, count, offset in
                guard let file, let buffer else { return SQLITE_MISUSE }
                let bytes = UnsafeMutableRawBufferPointer(start: buffer, count: Int(count))
                return ChecksummedFiles.read(file, bytes, offset)
            }
            methods.pointee.xWrite = { file, buffer, count, offset in
                guard let file, let buffer else { return SQLITE_MISUSE }
                return ChecksummedFiles.write(file, UnsafeRawBufferPointer(start: buffer, count: Int(count)), offset)
            }
            known[UInt(bitPattern: system)] = UInt(bitPattern: methods)
            return UInt(bitPattern: methods)
        }
        return UnsafePointer(bitPattern: address)
    }
}

extension ChecksummedFiles {
    private static func read(
        _ file: UnsafeMutablePointer<sqlite3_file>, _ bytes: UnsafeMutableRawBufferPointer, _ offset: Int64
    ) -> Int32 {
        let kept = kept(file)
        let code = kept.pointee.methods.pointee.xRead(file, bytes.baseAddress, Int32(bytes.count), offset)
        guard code == SQLITE_OK || code == shortReadCode else { return code }
        if offset == 0, code == SQLITE_OK { kept.pointee.noteHeader(UnsafeRawBufferPointer(bytes)) }
        guard let number = kept.pointee.number(at: offset, bytes.count, of: file) else { return code }
        if code == shortReadCode {
            // A page that is not in the file is new. Of one that is cut short SQLite would take zeros for the rest.
            guard kept.pointee.size(of: file) > offset else { return code }
            kept.pointee.wrongPage = number
            return wrongPageCode
        }
        switch (PageTrailer.verdict(on: UnsafeRawBufferPointer(bytes), number: number), kept.pointee.reading) {
        case (.right, _), (.missing, _), (.empty, .usual), (.empty, .asFound): break
        case (.wrong, .asFound): kept.pointee.wrongPage = number
        case (.wrong, _), (.empty, .strict):
            kept.pointee.wrongPage = number
            return wrongPageCode
        }
        PageTrailer.clear(bytes)
        return code
    }

    private static func write(
        _ file: UnsafeMutablePointer<sqlite3_file>, _ bytes: UnsafeRawBufferPointer, _ offset: Int64
    ) -> Int32 {
        let kept = kept(file)
        if offset == 0 { kept.pointee.noteHeader(bytes) }
        let methods = kept.pointee.methods
        guard let number = kept.pointee.number(at: offset, bytes.count, of: file) else {
            return methods.pointee.xWrite(file, bytes.baseAddress, Int32(bytes.count), offset)
        }
        return withUnsafeTemporaryAllocation(byteCount: bytes.count, alignment: 8) { page in
            page.copyMemory(from: bytes)
            PageTrailer.seal(page, number: number)
            return methods.pointee.xWrite(file, page.baseAddress, Int32(page.count), offset)
        }
    }
}

extension ChecksummedFiles.State {
    /// Pages in the file that say something and have no checksum: another program has written them, or copied them from the
    /// log. None where the whole file has no checksums.
    func pagesWithoutChecksum() throws(StoreError) -> Int {
        var count = 0
        try eachPageWithoutChecksum { _, _, _ in
            count += 1
            return SQLITE_OK
        }
        return count
    }

    /// Puts a checksum on each of them, on disk on return; nobody else may have the file open. Only the room for checksums is
    /// written to, so wherever it is broken off the file says what it said.
    func seal() throws(StoreError) {
        let methods = kept.pointee.methods
        try eachPageWithoutChecksum { page, number, offset in
            PageTrailer.seal(page, number: number)
            let trailer = page[(page.count - PageTrailer.size)...]
            return methods.pointee.xWrite(
                file, UnsafeRawBufferPointer(rebasing: trailer).baseAddress, Int32(trailer.count),
                offset + Int64(trailer.startIndex))
        }
        let code = methods.pointee.xSync(file, SQLITE_SYNC_NORMAL)
        guard code == SQLITE_OK else { throw StoreError(code: code, message: "the file was not synced") }
    }

    private func eachPageWithoutChecksum(
        _ body: (UnsafeMutableRawBufferPointer, _ number: UInt32, _ offset: Int64) -> Int32
    ) throws(StoreError) {
        guard let count = kept.pointee.page, count != 0 else { return }
        let methods = kept.pointee.methods
        let page = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 8)
        defer { page.deallocate() }
        let trailer = UnsafeMutableRawBufferPointer(rebasing: page[(count - PageTrailer.size)...])
        let end = kept.pointee.size(of: file)
        var (offset, number) = (Int64(0), UInt32(1))
        while offset + Int64(count) <= end {
            // Most have one, so that is looked at first.
            let place = offset + Int64(count - trailer.count)
            var code = methods.pointee.xRead(file, trailer.baseAddress, Int32(trailer.count), place)
            if code == SQLITE_OK, trailer.allSatisfy({ $0 == 0 }) {
                code = methods.pointee.xRead(file, page.baseAddress, Int32(count), offset)
                if code == SQLITE_OK, PageTrailer.verdict(on: UnsafeRawBufferPointer(page), number: number) == .missing
                {
                    code = body(page, number, offset)
                }
            }
            guard code == SQLITE_OK else {
                throw StoreError(code: code, message: "page \(number): \(String(cString: sqlite3_errstr(code)))")
            }
            (offset, number) = (offset + Int64(count), number + 1)
        }
    }
}

extension ChecksummedFiles.Kept {
    /// Bytes; 0 where that is not told.
    fileprivate func size(of file: UnsafeMutablePointer<sqlite3_file>) -> Int64 {
        var size = sqlite3_int64(0)
        return methods.pointee.xFileSize(file, &size) == SQLITE_OK ? size : 0
    }

    /// A header ends with byte 100: https://www.sqlite.org/fileformat2.html#the_database_header
    private static let headerSize = 100

    fileprivate mutating func noteHeader(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.headerSize, bytes.starts(with: "SQLite format 3\0".utf8) else { return }
        let size = Int(bytes[16]) << 8 | Int(bytes[17])
        page = Int(bytes[20]) == PageTrailer.size ? (size == 1 ? 65536 : size) : 0
    }

    /// The number of the page that these bytes are the whole of, if it has a trailer. The header may be in the file before this
    /// connection has read it: another one has made the database.
    fileprivate mutating func number(
        at offset: Int64, _ count: Int, of file: UnsafeMutablePointer<sqlite3_file>
    ) -> UInt32? {
        if page == nil, count >= 512 {
            withUnsafeTemporaryAllocation(byteCount: Self.headerSize, alignment: 8) { header in
                let code = methods.pointee.xRead(file, header.baseAddress, Int32(header.count), 0)
                if code == SQLITE_OK { noteHeader(UnsafeRawBufferPointer(header)) }
            }
        }
        guard let page, page != 0, count == page, offset % Int64(page) == 0 else { return nil }
        return UInt32(truncatingIfNeeded: offset / Int64(page) + 1)
    }
}
