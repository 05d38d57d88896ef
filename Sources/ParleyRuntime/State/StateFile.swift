internal import Foundation
package import ParleyBase

/// A small JSON file with a checksum: what was truncated, edited or half-written is noticed and never read as
/// something else.
struct StateFile<Body: Codable> {
  let path: String

  private struct Wrapped: Codable {
    var body: Body
    var checksum: String
  }

  /// `nil` when there is no file.
  func read() throws(ParleyError) -> Body? {
    guard let bytes = try DurableFile.read(path, atMost: 16 << 20) else { return nil }
    guard let body = Self.opened(bytes, label: "parley/state/1") else {
      throw ParleyError(
        .stateCorrupt, "the file is damaged: it was truncated, edited or not written by parley",
        at: .init(file: path),
        remedy: "restore the whole state directory from before the damage, or move it aside and start with a new "
          + "one; keep its ledger.jsonl, which lists what was released")
    }
    return body
  }

  func write(_ body: Body) throws(ParleyError) {
    try DurableFile.replace(path, with: try Self.encode(body, label: "parley/state/1"))
  }

  /// Contents with their checksum.
  static func encode(_ body: Body, label: String) throws(ParleyError) -> [UInt8] {
    let bytes = try CanonicalJSON.encode(body)
    let wrapped = Wrapped(body: body, checksum: hexadecimal(Digest.sha256(label, [bytes])))
    return try CanonicalJSON.encode(wrapped) + [10]
  }
  /// Nil where the checksum is not that of the contents.
  static func opened(_ bytes: [UInt8], label: String) -> Body? {
    guard let wrapped = try? JSONDecoder().decode(Wrapped.self, from: Data(bytes)),
      let body = try? CanonicalJSON.encode(wrapped.body),
      wrapped.checksum == hexadecimal(Digest.sha256(label, [body]))
    else { return nil }
    return wrapped.body
  }
}

/// JSON with one spelling for one value: sorted keys, no optional escapes, no white space.
package enum CanonicalJSON {
  /// A value as JSON; equal values have equal bytes.
  ///
  /// - Parameter pretty: with line feeds and blanks, for files; else in one line, for signatures.
  package static func encode(_ value: some Encodable, pretty: Bool = false) throws(ParleyError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting =
      pretty ? [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted] : [.sortedKeys, .withoutEscapingSlashes]
    do {
      return Array(try encoder.encode(value))
    } catch {
      throw ParleyError(.invariant, "a value has no JSON form: \(error)")
    }
  }
}
