internal import Foundation
internal import ParleyBase

extension Ledger {
  /// Reads and checks the whole file.
  ///
  /// - Parameters:
  ///   - head: head of the chain as the counter file knows it; the ledger may be ahead by the lines written
  ///     between a crash and the counter file's update, never behind.
  init(path: String, head known: String, count: Int) throws(ParleyError) {
    self.init(path: path)
    guard let bytes = try DurableFile.read(path, atMost: 256 << 20) else {
      guard count == 0 else { throw Self.shortened(path, has: 0, knew: count) }
      return
    }
    var lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
    guard lines.popLast()?.isEmpty == true else {
      throw Self.damaged(path, line: lines.count + 1, "ends in the middle of a line")
    }
    guard lines.count >= count else { throw Self.shortened(path, has: lines.count, knew: count) }
    var heads: [String] = [Self.start]
    var read: [LedgerEntry] = []
    for (index, text) in lines.enumerated() {
      guard let line = try? JSONDecoder().decode(Line.self, from: Data(text)),
        Timestamp.isCanonical(line.entry.time), ParleyRuntime.bytes(hexadecimal: line.entry.study)?.count == 32
      else {
        throw Self.damaged(path, line: index + 1, "is not an entry")
      }
      guard try Self.next(heads[index], line.entry) == line.chain else {
        throw Self.damaged(path, line: index + 1, "does not continue the line before")
      }
      read.append(line.entry)
      heads.append(line.chain)
    }
    guard heads[count] == known else { throw Self.damaged(path, line: count, "is not the line that was written") }
    self.init(path: path, entries: read, head: heads[read.count])
  }

  private static func damaged(_ path: String, line: Int, _ what: String) -> ParleyError {
    ParleyError(
      .stateCorrupt, "the ledger of releases is damaged: line \(line) \(what)", at: .init(file: path, line: line),
      remedy:
        "restore the whole state directory as it was after its last run, because the others refuse an older one; without such a copy move it "
        + "aside, keep the ledger as evidence of what was released, start with a new one, and have the others confirm the id that 'parley state' prints"
    )
  }

  private static func shortened(_ path: String, has: Int, knew: Int) -> ParleyError {
    ParleyError(
      .rolledBack,
      "the ledger of releases has \(has) entries, but \(knew) were written: it was restored from "
        + "a backup or shortened", at: .init(file: path),
      remedy: "put the newest ledger back, or move the state directory aside and start with a new one")
  }
}
