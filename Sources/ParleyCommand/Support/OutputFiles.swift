import Foundation
import Parley
import ParleyBase
import ParleyProgram
import ParleyRuntime
import ParleyStudy

/// The files of a run whose results are released. What cannot be written keeps nothing else from being written or shown:
/// results that were opened must not be lost, and another run would open them once more.
struct OutputFiles {
  let out: String?
  let receipt: String?
  /// A folder for drawings.
  let figures: String?
  /// All parties are on this machine: none of them has another copy of the receipt.
  let isTrial: Bool
  /// In the order of writing.
  private(set) var written: [String] = []
  private(set) var missing: [(path: String, reason: ParleyError)] = []

  init(out: String?, receipt: String?, figures: String? = nil, isTrial: Bool) {
    self.out = out
    self.receipt = receipt
    self.figures = figures
    self.isTrial = isTrial
  }

  /// Gives numbers to what earlier runs wrote. What stays in the way is not replaced.
  mutating func keepEarlier(_ log: Log) {
    do { try EarlierOutputs.keep(out: out, receipt: receipt, log) } catch {
      for path in [receipt, receipt.map(ReceiptFile.openingPath), out].compactMap({ $0 })
      where FileManager.default.fileExists(atPath: path) && !FileOutput.isDevice(path) {
        missing.append((path, error))
      }
    }
  }

  mutating func write(_ receipt: Receipt, _ opening: ReceiptOpening?) {
    guard let path = self.receipt else { return }
    write(path) { try ReceiptFile.write(receipt, to: path) }
    guard let opening, !FileOutput.isDevice(path) else { return }
    write(ReceiptFile.openingPath(path)) { try ReceiptFile.write(opening, besideReceipt: path) }
  }

  mutating func write(_ tables: [DecodedTable], _ prepared: PreparedStudy, mode: String) {
    if let figures {
      for (path, svg) in FigureFiles.drawings(ResultOutput.sheets(tables, prepared), in: figures) {
        write(path) { try FileOutput.write(svg, to: path) }
      }
    }
    guard let out else { return }
    write(out) { try ResultOutput.write(tables, prepared, mode: mode, to: out) }
  }

  mutating func write(_ path: String, _ body: () throws -> Void) {
    guard !missing.contains(where: { $0.path == path }) else { return }
    do {
      try body()
      written.append(path)
    } catch {
      missing.append((path, error as? ParleyError ?? ParleyError(.stateIO, error.localizedDescription)))
    }
  }

  /// Shows results after the files; see ``ResultOutput/show(afterWriting:receipt:_:)``.
  func show(_ body: () throws -> Void) throws {
    do { try ResultOutput.show(afterWriting: existing(out), receipt: existing(receipt), body) } catch {
      guard let lack = error as? ParleyError, let first = missing.first else { throw error }
      throw ParleyError(
        lack.code, "\(lack.message); \(first.path) could not be written: \(first.reason.message)", at: lack.place,
        remedy: lack.remedy)
    }
  }

  private func existing(_ path: String?) -> String? { path.flatMap { written.contains($0) ? $0 : nil } }

  /// To be called last.
  ///
  /// - Parameter isShown: whether there are results and they are on standard output.
  /// - Throws: `state/not-written` where a file is missing; `interrupted/signal` after a signal.
  func requireAll(isShown: Bool) throws(ParleyError) {
    guard let first = missing.first else { return }
    let reasons = missing.map { "\($0.path) could not be written (\($0.reason.message))" }.joined(separator: "; ")
    let rest =
      written.isEmpty ? "" : "; \(written.joined(separator: ", ")) \(written.count == 1 ? "is" : "are") complete"
    var advice: [String] = []
    if let out, existing(out) == nil, isShown { advice.append("save the results from standard output") }
    if let receipt, !isTrial, missing.contains(where: { $0.path == receipt }) {
      advice.append("ask another party for its receipt, which is the same")
    }
    if let opening = receipt.map(ReceiptFile.openingPath), missing.contains(where: { $0.path == opening }) {
      advice.append("without \(opening) nobody can be shown which results the receipt is of")
    }
    advice.append("nothing has to be run again for the results")
    throw ParleyError(
      first.reason.code == .interrupted ? .interrupted : .init("state/not-written"),
      "the results were released\(isShown ? " and are shown" : ""), but \(reasons)\(rest)",
      remedy: advice.joined(separator: "; "))
  }
}
