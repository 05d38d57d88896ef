import Crypto
internal import ParleyBase
internal import ParleyCrypto

/// Nodes of trees (Goldreich, Goldwasser, Micali): 16 bytes each, two words. Children are two blocks of AES under the node, and so are, in a stream
/// of its own, the 48 bytes of a leaf: 32 for the check that the trees are well formed, and the seed of a keystream.
struct TreeNodes {
  let nodes: Storage<UInt64>
  init(count: Int) { nodes = Storage(repeating: 0, count: 2 * count) }
  var count: Int { nodes.count / 2 }

  subscript(index: Int) -> (UInt64, UInt64) {
    get { (nodes[2 * index], nodes[2 * index + 1]) }
    nonmutating set { (nodes[2 * index], nodes[2 * index + 1]) = newValue }
  }

  /// AES under node `index`: blocks 0 … of stream 0 (children) or 1 (leaf).
  private func expand(_ index: Int, stream: UInt64, words: Int, into out: UnsafeMutablePointer<UInt64>) {
    let key = AESKey(UnsafeRawBufferPointer(start: nodes.pointer + 2 * index, count: 16))
    key.keystream(stream: stream, into: UnsafeMutableRawBufferPointer(start: out, count: 8 * words))
  }
  func children(_ index: Int, into out: UnsafeMutablePointer<UInt64>) {
    expand(index, stream: 0, words: 4, into: out)
  }
  func leaf(_ index: Int, into out: UnsafeMutablePointer<UInt64>) { expand(index, stream: 1, words: 6, into: out) }
}

/// All leaves of one tree, six words each: four for the check, two of seed.
struct TreeLeaves {
  let words: Storage<UInt64>
  let count: Int
  init(_ nodes: TreeNodes, skipsFirst: Bool) {
    count = nodes.count
    words = Storage(repeating: 0, count: 6 * count)
    for index in (skipsFirst ? 1 : 0)..<count { nodes.leaf(index, into: words.pointer + 6 * index) }
  }

  /// Sum of the first four words of all.
  var checkSum: [UInt64] {
    var sum: [UInt64] = [0, 0, 0, 0]
    for index in 0..<count { for word in 0..<4 { sum[word] ^= words[6 * index + word] } }
    return sum
  }

  /// Expands the seeds, in their order.
  func schedules(into out: UnsafeMutablePointer<UInt64>) {
    for index in 0..<count {
      Kernels.expandKey(words.pointer + 6 * index + 4, into: out + index * Kernels.scheduleWords)
    }
  }
}

/// A whole tree, as who chooses rows has it.
enum FullTree {
  /// The leaves of a tree from its root, and by level what all left and all right children add up to.
  static func grow(root: (UInt64, UInt64), depth: Int) -> (leaves: TreeLeaves, sums: [[UInt64]]) {
    var nodes = TreeNodes(count: 1)
    nodes[0] = root
    var sums: [[UInt64]] = []
    for _ in 0..<depth {
      let next = TreeNodes(count: 2 * nodes.count)
      var sum: [UInt64] = [0, 0, 0, 0]
      for index in 0..<nodes.count {
        nodes.children(index, into: next.nodes.pointer + 4 * index)
        for word in 0..<4 { sum[word] ^= next.nodes[4 * index + word] }
      }
      sums.append(sum)
      nodes = next
    }
    return (TreeLeaves(nodes, skipsFirst: false), sums)
  }
}

/// A tree without the leaf α, as who has Δ knows it. Nodes are kept by their distance to the path of α, index ⊕ α: the one that is
/// missing is always the first, and no address depends on α.
enum PuncturedTree {
  /// - Parameters:
  ///   - alpha: bits of α, the highest first, each 0 or 1.
  ///   - sums: by level the sum of all children that lie on the other side than the path, two words.
  static func grow(alpha: [UInt64], sums: [(UInt64, UInt64)]) -> TreeLeaves {
    var nodes = TreeNodes(count: 1)
    for (level, bit) in alpha.enumerated() {
      let next = TreeNodes(count: 2 * nodes.count)
      let mask = 0 &- bit
      var missing = sums[level]
      for index in 1..<max(nodes.count, 1) {
        let pair = next.nodes.pointer + 4 * index
        nodes.children(index, into: pair)
        // The child with bit `bit` comes first.
        for word in 0..<2 {
          let difference = (pair[word] ^ pair[2 + word]) & mask
          pair[word] ^= difference
          pair[2 + word] ^= difference
        }
        missing.0 ^= pair[2]
        missing.1 ^= pair[3]
      }
      next[1] = missing
      nodes = next
    }
    return TreeLeaves(nodes, skipsFirst: true)
  }

  /// Leaves by their index in place of their distance to α: halves are exchanged level by level, under masks.
  static func unpermute(_ words: UnsafeMutablePointer<UInt64>, width: Int, alpha: [UInt64]) {
    let depth = alpha.count
    for (level, bit) in alpha.enumerated() {
      let distance = 1 << (depth - 1 - level), mask = 0 &- bit
      for index in 0..<(1 << depth) where index & distance == 0 {
        let (low, high) = (words + index * width, words + (index | distance) * width)
        for word in 0..<width {
          let difference = (low[word] ^ high[word]) & mask
          low[word] ^= difference
          high[word] ^= difference
        }
      }
    }
  }
}

/// SHA-256 over the first 32 bytes of all leaves of all trees, in their order.
struct LeafHash {
  private var hash = SHA256()
  init(_ context: TransferContext, depth: Int) {
    var head = context.writer(.transferLeaves)
    head.write(UInt32(depth))
    hash.update(data: head.bytes)
  }
  /// - Parameter width: words from one leaf to the next.
  mutating func update(_ words: UnsafeMutablePointer<UInt64>, count: Int, width: Int) {
    for index in 0..<count {
      hash.update(bufferPointer: UnsafeRawBufferPointer(start: words + index * width, count: 32))
    }
  }
  func finish() -> [UInt8] { Array(hash.finalize()) }
}
