#if Gzip
  internal import CZlib
  internal import ParleyBase
  internal import ParleyStudy

  /// The content of a gzip file, decompressed as it is read; members that follow each other are one file.
  final class GzipSource: ByteSource {
    private let source: any ByteSource
    /// At an address of its own: zlib remembers it.
    private let stream: UnsafeMutablePointer<z_stream>
    private let input = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 16)
    private var sourceHasEnded = false
    private var isBetweenMembers = false

    init(_ source: any ByteSource) throws(FileSource.Failure) {
      self.source = source
      stream = .allocate(capacity: 1)
      stream.initialize(to: z_stream())
      // 15 bits of window; 16 more say that there is a gzip header.
      let status = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
      guard status == Z_OK else { throw FileSource.Failure(reason: "zlib cannot start (\(status))") }
    }
    deinit {
      inflateEnd(stream)
      stream.deallocate()
      input.deallocate()
    }

    func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(FileSource.Failure) -> Int {
      while true {
        if stream.pointee.avail_in == 0, !sourceHasEnded {
          let count = try source.read(into: input)
          sourceHasEnded = count == 0
          stream.pointee.next_in = input.baseAddress
          stream.pointee.avail_in = UInt32(count)
        }
        if isBetweenMembers, try !beginsNextMember() {
          if sourceHasEnded { return 0 }
          continue
        }
        stream.pointee.next_out = buffer.baseAddress
        stream.pointee.avail_out = UInt32(clamping: buffer.count)
        let room = Int(stream.pointee.avail_out)
        let status = inflate(stream, Z_NO_FLUSH)
        let count = room - Int(stream.pointee.avail_out)
        switch status {
        case Z_STREAM_END: isBetweenMembers = true
        case Z_OK, Z_BUF_ERROR:
          if count == 0, sourceHasEnded, stream.pointee.avail_in == 0 {
            throw damaged("the compressed file ends before its end")
          }
        default: throw damaged("the compressed file is damaged")
        }
        if count > 0 { return count }
      }
    }

    /// Steps over zeros that fill a tape's block; false when there is nothing more to look at.
    private func beginsNextMember() throws(FileSource.Failure) -> Bool {
      while stream.pointee.avail_in > 0, stream.pointee.next_in.pointee == 0 {
        stream.pointee.next_in += 1
        stream.pointee.avail_in -= 1
      }
      guard stream.pointee.avail_in > 0 else { return false }
      guard inflateReset(stream) == Z_OK else { throw damaged("the compressed file is damaged") }
      isBetweenMembers = false
      return true
    }

    private func damaged(_ reason: String) -> FileSource.Failure {
      FileSource.Failure(
        reason: reason, code: .init("data/gzip"), remedy: "check it with 'gzip -t', and copy or compress it again")
    }
  }
#endif
