package import ParleyBase
internal import ParleyCrypto
internal import ParleyEngine
internal import ParleyProgram
internal import Synchronization

/// Correlations that were made ahead, on disk, each of them used once.
///
/// | file | holds |
/// |---|---|
/// | `lock` | exclusive lock |
/// | `store.json` | id and counter of this store, its lot with the low-water marks, what the peers presented last |
/// | `ID-KIND.lot` | blocks of correlations of one kind, each with a hash |
///
/// **Write-ahead.** Before a block is read, the mark above it is durable (fsync of file and folder). A party that stops at any point
/// finds everything below the mark used, whether it was or not; what was read is overwritten in the file as well.
///
/// **Restored, cloned, rolled back.** Every session begins with a counter that is raised durably and told to the peers with the
/// marks (``StoreHello``); they remember both. Who presents a counter that is not above, or a mark below what a peer remembers, is
/// refused, there and at home, and stays refused. The blocks that a session takes begin at the highest mark of all parties, so that a
/// store that was rolled back unseen uses nothing twice as long as one of the others was not.
///
/// Not encrypted: whoever reads the files has this party's shares. Page: docs/protocols/correlations.md.
package final class CorrelationStore: Sendable {
  struct Seen: Codable, Hashable, Sendable {
    var store: String
    var counter: UInt64
    /// By part of the lot.
    var marks: [Int]
    static let refused = UInt64.max
  }
  struct Body: Codable, Sendable {
    var format = 1
    var id: String
    var counter: UInt64 = 0
    var lot: CorrelationLot?
    /// Ids of lots that were there before, which never come back.
    var past: [String] = []
    /// By hash of the identity key.
    var peers: [String: Seen] = [:]

    var isPlausible: Bool {
      func isHash(_ text: String) -> Bool { bytes(hexadecimal: text)?.count == 32 }
      return format == 1 && isHash(id) && counter < 1 << 48 && (lot?.isPlausible ?? true)
        && peers.allSatisfy { name, seen in
          isHash(name) && isHash(seen.store) && (seen.counter < 1 << 48 || seen.counter == Seen.refused)
            && seen.marks.count == (lot?.parts.count ?? 0)
            && zip(seen.marks, lot?.parts ?? []).allSatisfy { (0...$1.blocks).contains($0) }
        }
    }
  }

  private static let label = "parley/store/1"
  private static let bodyName = "store.json"

  /// The path that it was opened with.
  package let folder: String
  let files: any StoreFiles
  private let lock: any Sendable
  private let state: Mutex<Body>

  /// Opens a store, or makes an empty one, and holds it exclusively until it is released.
  ///
  /// - Throws: `state/locked`, `state/corrupt`, `state/permissions`, `state/io`.
  package init(folder: String, files: any StoreFiles = LocalFiles()) throws(ParleyError) {
    self.folder = folder
    self.files = files
    lock = try files.lock(folder)
    let path = "\(folder)/\(Self.bodyName)"
    let names = try files.names(in: folder)
    let body: Body
    if let bytes = try files.read(path, atMost: 16 << 20) {
      guard let read = StateFile<Body>.opened(bytes, label: Self.label), read.isPlausible else {
        throw Self.corrupt(path, "the file is damaged: it was truncated, edited or not written by parley")
      }
      body = read
    } else {
      guard !names.contains(where: { $0.hasSuffix(".lot") }) else {
        throw Self.corrupt(path, "\(Self.bodyName) is missing beside correlations, which may have been used")
      }
      body = Body(id: hexadecimal(SecureRandom.bytes(32)))
      try files.replace(Self.bodyName, in: folder, with: try StateFile.encode(body, label: Self.label))
    }
    state = Mutex(body)
    // What a process left that ended while it wrote, and lots that were replaced.
    let known = Set(body.lot?.parts.map { body.lot?.fileName($0.kind) ?? "" } ?? [])
    for name in names where name.hasSuffix(".tmp") || (name.hasSuffix(".lot") && !known.contains(name)) {
      try erase(name)
    }
  }

  private static func corrupt(_ path: String, _ what: String) -> ParleyError {
    ParleyError(
      .stateCorrupt, what, at: .init(file: path),
      remedy:
        "move the store aside and make new correlations together with the other parties; never put an old copy back"
    )
  }

  /// Written first, remembered second.
  @discardableResult
  func change<R>(_ body: (inout Body) throws(ParleyError) -> R) throws(ParleyError) -> R {
    try state.withLock { (state: inout Body) throws(ParleyError) -> R in
      var changed = state
      let result = try body(&changed)
      try files.replace(Self.bodyName, in: folder, with: try StateFile.encode(changed, label: Self.label))
      state = changed
      return result
    }
  }
  var body: Body { state.withLock { $0 } }

  /// 32 random bytes, drawn when the store was made, in hexadecimal.
  package var id: String { body.id }
  /// What is in it; nil while nothing was put in.
  package var lot: CorrelationLot? { body.lot }

  static func key(_ identity: [UInt8]) -> String { hexadecimal(Digest.sha256("parley/state/1", [identity])) }

  // MARK: Filling

  /// Takes in correlations that were made ahead, in place of what was left of the lot before.
  ///
  /// - Parameters:
  ///   - id: 32 bytes that the parties have drawn together, new for every lot.
  ///   - blockSize: correlations of a block, the same at all parties.
  ///   - parts: each kind once, in whole blocks.
  ///   - peers: the ids of the other parties' stores, by identity key.
  package func fill(
    lot id: [UInt8], blockSize: Int, _ parts: [StoredVectors], peers: [[UInt8]: String]
  ) throws(ParleyError) {
    let sorted = parts.sorted { CorrelationLot.name($0.kind) < CorrelationLot.name($1.kind) }
    let lot = CorrelationLot(
      id: hexadecimal(id), blockSize: blockSize,
      parts: sorted.map { .init(kind: CorrelationLot.name($0.kind), blocks: $0.count / max(blockSize, 1)) })
    let before = body.lot
    guard lot.isPlausible, lot.id != before?.id, !body.past.contains(lot.id),
      sorted.allSatisfy({ part in
        let (left, right, result) = part.kind.elements
        return part.count % blockSize == 0 && part.vectors.a.count == part.count * left
          && part.vectors.b.count == part.count * right && part.vectors.c.count == part.count * result
      })
    else { throw ParleyError(.invariant, "correlations for a store that are no new lot in whole blocks") }
    for (part, stored) in zip(lot.parts, sorted) {
      var content: [UInt8] = []
      defer { SecureMemory.zeroize(&content) }
      for block in 0..<part.blocks {
        content += lot.sealed(Self.block(block, lot, stored), part.kind, block: block)
      }
      try files.replace(lot.fileName(part.kind), in: folder, with: content)
    }
    // From here on the marks are those of the new lot, and the old one is nobody's.
    try change { (body) throws(ParleyError) in
      if let before { body.past.append(before.id) }
      body.lot = lot
      body.peers = [:]
      for (identity, store) in peers {
        body.peers[Self.key(identity)] = Seen(store: store, counter: 0, marks: lot.parts.map { _ in 0 })
      }
    }
    guard let before else { return }
    for part in before.parts { try erase(before.fileName(part.kind)) }
  }

  private static func block(_ number: Int, _ lot: CorrelationLot, _ stored: StoredVectors) -> [UInt8] {
    let elements = stored.kind.elements
    return [
      (stored.vectors.a, elements.left), (stored.vectors.b, elements.right), (stored.vectors.c, elements.result),
    ].flatMap { storage, each in
      let size = lot.blockSize * each * 8
      return Array(UnsafeRawBufferPointer(rebasing: storage.bytes[number * size..<(number + 1) * size]))
    }
  }

  private func erase(_ name: String) throws(ParleyError) {
    let path = "\(folder)/\(name)"
    let piece = [UInt8](repeating: 0, count: 1 << 20)
    var offset = 0
    while true {
      let count = try files.read(path, at: offset, count: piece.count).count
      guard count > 0 else { break }
      try files.overwrite(path, at: offset, Array(piece[..<count]))
      offset += count
    }
    try files.sync(path)
    try files.remove(path)
    try files.syncFolder(folder)
  }

  // MARK: Taking

  /// Reads blocks that the mark is above of already, and overwrites them in the file.
  ///
  /// - Parameter starts: by part of the lot, the first block.
  func read(_ demand: CorrelationDemand, from starts: [Int]) throws(ParleyError) -> [StoredVectors] {
    guard let lot = body.lot else { throw ParleyError(.invariant, "a store without a lot") }
    var all: [StoredVectors] = []
    for (index, part) in lot.parts.enumerated() {
      guard let kind = CorrelationLot.kind(part.kind), let count = demand.amounts[kind], count > 0 else {
        continue
      }
      let blocks = lot.blocks(of: count)
      guard starts[index] + blocks <= part.mark else {
        throw ParleyError(.invariant, "blocks above the mark of a store are read")
      }
      all.append(try read(kind, part.kind, count: count, from: starts[index], lot))
    }
    return all
  }

  private func read(
    _ kind: CorrelationKind, _ name: String, count: Int, from start: Int, _ lot: CorrelationLot
  ) throws(ParleyError) -> StoredVectors {
    let path = "\(folder)/\(lot.fileName(name))"
    let size = lot.blockBytes(kind), elements = kind.elements
    let counts = [elements.left, elements.right, elements.result]
    let storages = counts.map { Storage<UInt64>(uninitialized: count * $0) }
    var done = 0
    var block = start
    while done < count {
      var sealed = try files.read(path, at: block * size, count: size)
      defer { SecureMemory.zeroize(&sealed) }
      guard sealed.count == size, var content = lot.opened(sealed, name, number: block) else {
        throw Self.corrupt(path, "block \(block) is not what was written")
      }
      defer { SecureMemory.zeroize(&content) }
      try files.overwrite(path, at: block * size, [UInt8](repeating: 0, count: size))
      let taken = min(lot.blockSize, count - done)
      var offset = 0
      for (storage, each) in zip(storages, counts) {
        let length = taken * each * 8
        UnsafeMutableRawBufferPointer(rebasing: storage.bytes[done * each * 8..<done * each * 8 + length])
          .copyBytes(from: content[offset..<offset + length])
        offset += lot.blockSize * each * 8
      }
      done += taken
      block += 1
    }
    try files.sync(path)
    return StoredVectors(kind, count: count, .init(a: storages[0], b: storages[1], c: storages[2]))
  }
}
