import Foundation
package import ParleyBase

/// Bytes in order, a piece at a time.
package protocol ByteSource: AnyObject {
  /// Fills part of the buffer; 0 at the end.
  func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(FileSource.Failure) -> Int
}

/// A file, or a pipe, read once from front to back.
package final class FileSource: ByteSource {
  /// Why a file could not be read, without its name.
  package struct Failure: Error {
    /// Why it failed, in words.
    package var reason: String
    /// Code of the error that is made of it.
    package var code: ParleyError.Code
    /// What its holder can do.
    package var remedy: String?
    /// A failure; see the properties.
    package init(reason: String, code: ParleyError.Code = .dataUnreadable, remedy: String? = nil) {
      self.reason = reason
      self.code = code
      self.remedy = remedy
    }

    /// The error for a source that cannot be opened at all.
    package func inWords(file: String) -> ParleyError {
      ParleyError(
        code, code == .dataUnreadable ? "the data file cannot be read: \(reason)" : reason, at: .init(file: file),
        remedy: remedy ?? "check the path and the permissions of the file")
    }
  }
  private let descriptor: Int32

  /// - Parameter allowsPipes: pipes and devices are read as well, and the writer of one is waited for.
  package init(path: String, allowsPipes: Bool = true) throws(Failure) {
    let first = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard first >= 0 else { throw Failure(reason: String(cString: strerror(errno))) }
    var status = stat()
    guard fstat(first, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
      close(first)
      throw Failure(reason: "it is a folder")
    }
    guard status.st_mode & S_IFMT != S_IFREG else {
      descriptor = first
      return
    }
    guard allowsPipes else {
      close(first)
      throw Failure(reason: "it is a pipe or a device, and no file")
    }
    // What is waited for is opened again, to wait. The first end is closed after that: a pipe whose last reader leaves
    // ends its writer.
    let second = open(path, O_RDONLY | O_CLOEXEC)
    let reason = String(cString: strerror(errno))
    close(first)
    guard second >= 0 else { throw Failure(reason: reason) }
    descriptor = second
  }
  deinit { close(descriptor) }

  /// False for a pipe, which cannot be looked at twice.
  package var isRegular: Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// Whether the file begins with these bytes; false for what can be read only once.
  package func begins(with bytes: [UInt8]) -> Bool {
    var buffer = [UInt8](repeating: 0, count: bytes.count)
    return pread(descriptor, &buffer, buffer.count, 0) == bytes.count && buffer == bytes
  }

  package func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(Failure) -> Int {
    while true {
      let count = Foundation.read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      if errno != EINTR { throw Failure(reason: String(cString: strerror(errno))) }
    }
  }
}

/// Bytes that are in memory already.
final class MemorySource: ByteSource {
  private let bytes: [UInt8]
  private var position = 0
  /// Hands out at most this many bytes at a time.
  private let piece: Int

  init(_ bytes: [UInt8], piece: Int = .max) {
    self.bytes = bytes
    self.piece = piece
  }

  func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(FileSource.Failure) -> Int {
    let count = min(buffer.count, bytes.count - position, piece)
    _ = buffer.update(fromContentsOf: bytes[position..<position + count])
    position += count
    return count
  }
}

/// Whether bytes are text.
package enum TextCheck {
  /// Whether all bytes are well-formed UTF-8. Cost: one pass.
  package static func isUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    firstInvalidByte(bytes) == bytes.count
  }

  /// The offset of the first byte that cannot belong to UTF-8 text; the count when there is none.
  static func firstInvalidByte(_ bytes: [UInt8]) -> Int {
    bytes.withUnsafeBufferPointer { firstInvalidByte($0) }
  }

  /// RFC 3629: shortest forms only, no surrogates, nothing above U+10FFFF.
  static func firstInvalidByte(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var position = 0
    while position < bytes.count {
      let first = bytes[position]
      if first < 0x80 {
        position += 1
        continue
      }
      let length: Int
      var second: ClosedRange<UInt8> = 0x80...0xbf
      switch first {
      case 0xc2...0xdf: length = 2
      case 0xe0: (length, second) = (3, 0xa0...0xbf)
      case 0xe1...0xec, 0xee...0xef: length = 3
      case 0xed: (length, second) = (3, 0x80...0x9f)
      case 0xf0: (length, second) = (4, 0x90...0xbf)
      case 0xf1...0xf3: length = 4
      case 0xf4: (length, second) = (4, 0x80...0x8f)
      default: return position
      }
      guard position + length <= bytes.count, second.contains(bytes[position + 1]) else { return position }
      for offset in 2..<max(length, 2) where bytes[position + offset] & 0xc0 != 0x80 { return position }
      position += length
    }
    return bytes.count
  }
}
