internal import ParleyBase
package import ParleyEngine
package import ParleyProgram

/// Correlations that were made ahead together: of each kind so many, in blocks. The parties' lots have one id and belong together
/// serial by serial.
package struct CorrelationLot: Sendable, Hashable, Codable {
  /// The correlations of one kind.
  package struct Part: Sendable, Hashable, Codable {
    /// "words", "bits", "matrices 2 3 4".
    package var kind: String
    /// All that the lot has, used or not.
    package var blocks: Int
    /// The low-water mark: blocks below it are used, or may be.
    package var mark = 0
  }
  /// 32 bytes that the parties have drawn together, in hexadecimal.
  package var id: String
  /// Correlations of a block: what is not used of the last block of a run is given up.
  package var blockSize: Int
  /// One for each kind.
  package var parts: [Part]

  static let label = "parley/store/block/1"
  static let digestBytes = 32
  /// What a store takes in: a block is read whole.
  static let largestBlock = 1 << 26

  static func name(_ kind: CorrelationKind) -> String {
    switch kind {
    case .wordTriple: "words"
    case .bitTripleWord: "bits"
    case .matrixTriple(let rows, let inner, let columns): "matrices \(rows) \(inner) \(columns)"
    }
  }
  static func kind(_ name: String) -> CorrelationKind? {
    let fields = name.split(separator: " ", omittingEmptySubsequences: false)
    let numbers = fields.dropFirst().map { Int($0) ?? 0 }
    let kind: CorrelationKind
    switch (fields.first, numbers.count) {
    case ("words", 0): kind = .wordTriple
    case ("bits", 0): kind = .bitTripleWord
    case ("matrices", 3) where numbers.allSatisfy({ (1...1 << 20).contains($0) }):
      kind = .matrixTriple(rows: numbers[0], inner: numbers[1], columns: numbers[2])
    default: return nil
    }
    return Self.name(kind) == name ? kind : nil
  }

  /// Whether a store can have written it.
  var isPlausible: Bool {
    bytes(hexadecimal: id)?.count == 32 && (1...1 << 20).contains(blockSize)
      && parts.map(\.kind) == Set(parts.map(\.kind)).sorted()
      && parts.allSatisfy { part in
        guard let kind = Self.kind(part.kind) else { return false }
        return (0...1 << 40).contains(part.blocks) && (0...part.blocks).contains(part.mark)
          && blockBytes(kind) <= Self.largestBlock
      }
  }

  /// What the parties compare: everything but the marks.
  var digest: [UInt8] {
    var out = CanonicalWriter()
    out.write(UInt64(blockSize))
    out.write(list: parts) { out, part in
      out.write(part.kind)
      out.write(UInt64(part.blocks))
    }
    return Digest.sha256("parley/store/lot/1", [Array(id.utf8), out.bytes])
  }

  func blockBytes(_ kind: CorrelationKind) -> Int { blockSize * kind.bytes(perWord: 8) + Self.digestBytes }
  func fileName(_ kind: String) -> String {
    "\(id.prefix(16))-\(kind.split(separator: " ").joined(separator: "-")).lot"
  }
  func blocks(of count: Int) -> Int { (count + blockSize - 1) / blockSize }

  /// One block as it lies in the file: a, b and c of all its correlations, and a hash of them at this place.
  func sealed(_ content: [UInt8], _ kind: String, block: Int) -> [UInt8] {
    content + Digest.sha256(Self.label, [Array(id.utf8), Array(kind.utf8), Array(String(block).utf8), content])
  }

  /// The content of a block.
  ///
  /// - Returns: nil where it is not what was written.
  func opened(_ block: [UInt8], _ kind: String, number: Int) -> [UInt8]? {
    guard block.count > Self.digestBytes else { return nil }
    var content = Array(block.dropLast(Self.digestBytes))
    guard sealed(content, kind, block: number) == block else {
      SecureMemory.zeroize(&content)
      return nil
    }
    return content
  }
}

/// Correlations of one kind on their way into a store or out of it: one party's shares, ring words of 64 bits.
package struct StoredVectors {
  /// What they are.
  package var kind: CorrelationKind
  /// Correlations, from the first of ``vectors`` on.
  package var count: Int
  /// One party's shares of a, b and c.
  package var vectors: PreparedCorrelations<UInt64>.Vectors<UInt64>

  /// Correlations of one kind; see the properties.
  package init(
    _ kind: CorrelationKind, count: Int, _ vectors: PreparedCorrelations<UInt64>.Vectors<UInt64>
  ) {
    (self.kind, self.count, self.vectors) = (kind, count, vectors)
  }
}
