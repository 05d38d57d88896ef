package import ParleyBase
package import ParleyProgram
package import ParleyRuntime

/// What the state directory of a data holder knows of earlier runs: results on changed data differ by what changed.
package struct EarlierReleases: Sendable {
  /// Keyed digest of the data, for the ledger.
  package let digest: [UInt8]
  /// What the ledger says.
  package let verdict: LedgerVerdict

  /// - Parameters:
  ///   - study: hash of what is run.
  ///   - tables: rows of this party, by table index.
  /// - Returns: nil for a party without data.
  package init?(_ directory: StateDirectory, study: [UInt8], tables: [Int: TableData]) {
    guard !tables.isEmpty else { return nil }
    let parts = tables.sorted { $0.key < $1.key }.map { index, data -> [UInt8] in
      var writer = CanonicalWriter()
      writer.write(Int64(index))
      for column in data.columns {
        writer.write(list: column.values) { $0.write($1) }
        writer.write(list: column.isNull) { $0.write($1) }
        // Columns without texts are written as before there were any.
        if !column.texts.isEmpty { writer.write(list: column.texts) { $0.write($1) } }
      }
      return writer.bytes
    }
    digest = directory.inputDigest(study: study, parts: parts)
    verdict = directory.previousReleases(study: study, inputDigest: digest)
  }

  /// - Parameter remedy: how the data's owner agrees.
  package static func refusal(remedy: String) -> ParleyError {
    ParleyError(
      .init("study/data-changed"),
      "your data changed since this study was run with it, and nobody has agreed to that; nothing has been sent",
      remedy: remedy)
  }
}
