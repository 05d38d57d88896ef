/// Writes the canonical encoding: little-endian integers, length-prefixed strings and byte fields.
///
/// One value has one encoding, so hashes over it can be compared between parties.
public struct CanonicalWriter: Sendable {
  /// What has been written and not taken.
  public private(set) var bytes: [UInt8] = []
  /// Begins with nothing.
  public init() {}

  /// An integer in its own width, the lowest byte first.
  public mutating func write<T: FixedWidthInteger>(_ value: T) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
  /// One byte, 0 or 1.
  public mutating func write(_ value: Bool) { bytes.append(value ? 1 : 0) }
  /// The number of bytes in 8 bytes, then the bytes.
  public mutating func write(_ value: some Collection<UInt8>) {
    write(UInt64(value.count))
    bytes.append(contentsOf: value)
  }
  /// The length of the UTF-8 in 8 bytes, then the UTF-8, as it is: nothing is normalised.
  public mutating func write(_ value: String) { write(Array(value.utf8)) }
  /// The number of elements in 8 bytes, then each as `body` writes it.
  public mutating func write<T>(list: some Collection<T>, _ body: (inout CanonicalWriter, T) -> Void) {
    write(UInt64(list.count))
    for element in list { body(&self, element) }
  }
  /// What another writer has written, as it stands.
  public mutating func append(encoded: [UInt8]) { bytes.append(contentsOf: encoded) }
  /// What has been written so far; the writer goes on without it.
  public mutating func take() -> [UInt8] {
    defer { bytes.removeAll(keepingCapacity: true) }
    return bytes
  }
}

/// Reads the canonical encoding; refuses anything the writer would not have produced.
public struct CanonicalReader: Sendable {
  private let bytes: [UInt8]
  private var position = 0
  /// Begins at the first byte of `bytes`.
  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  private func malformed(_ what: String) -> ParleyError {
    ParleyError(.protocolViolation, "malformed message: \(what)")
  }

  /// An integer of that width.
  ///
  /// - Throws: as everything here, `aborted/protocol-violation` where the bytes are none that a writer makes, or end
  ///   early.
  public mutating func read<T: FixedWidthInteger>(_ type: T.Type = T.self) throws(ParleyError) -> T {
    let size = MemoryLayout<T>.size
    guard bytes.count - position >= size else { throw malformed("ends early") }
    var value = T.zero
    withUnsafeMutableBytes(of: &value) { target in
      for i in 0..<size { target[i] = bytes[position + i] }
    }
    position += size
    return T(littleEndian: value)
  }
  /// One byte, 0 or 1.
  public mutating func readBool() throws(ParleyError) -> Bool {
    let byte: UInt8 = try read()
    guard byte <= 1 else { throw malformed("flag that is neither 0 nor 1") }
    return byte == 1
  }
  /// A number of elements, of 8 bytes; refused beyond `limit`, before anything is allocated for it.
  public mutating func readCount(atMost limit: Int) throws(ParleyError) -> Int {
    let count: UInt64 = try read()
    guard count <= UInt64(limit) else { throw malformed("length over the limit") }
    return Int(count)
  }
  /// A field of at most `limit` bytes.
  public mutating func readBytes(atMost limit: Int) throws(ParleyError) -> [UInt8] {
    let count = try readCount(atMost: limit)
    guard bytes.count - position >= count else { throw malformed("ends early") }
    defer { position += count }
    return Array(bytes[position..<position + count])
  }
  /// A text of at most `limit` bytes of UTF-8, which must be well formed.
  public mutating func readString(atMost limit: Int) throws(ParleyError) -> String {
    guard let text = String(validating: try readBytes(atMost: limit), as: UTF8.self) else {
      throw malformed("text that is not UTF-8")
    }
    return text
  }
  /// Every message is consumed whole.
  public func finish() throws(ParleyError) {
    guard position == bytes.count else { throw malformed("bytes left over") }
  }
}

/// Lower-case hexadecimal.
public func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef".utf8)
  var text: [UInt8] = []
  for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
  return String(decoding: text, as: UTF8.self)
}
